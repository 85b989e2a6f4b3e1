"""The kept text of a compiled program: used again, made anew when it must be, never needed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bangfu import policy
from bangfu.kernel.problems import Problem
from bangfu.policy import evaluating, loading, script
from tests.policy.trial import rule, write_pack

AS_OF = date(2016, 12, 31)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "bangfu"


def compiled(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Calls of the compiler from now on."""
    calls: list[object] = []
    real = evaluating._compiled

    def noted(*given: object, **named: object) -> script.Script:
        calls.append(given)
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(evaluating, "_compiled", noted)
    return calls


def test_a_program_is_compiled_once(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_pack(tmp_path, rule("has_tv"))
    calls = compiled(monkeypatch)
    first = evaluating._script(root, AS_OF, None)
    assert evaluating._script(root, AS_OF, None) == first
    assert len(calls) == 1
    assert first.statements == evaluating._script(policy.load_pack(root), AS_OF, None).statements
    assert len(list(folder.iterdir())) == 1


def test_a_damaged_file_is_made_anew(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_pack(tmp_path, rule("has_tv"))
    first = evaluating._script(root, AS_OF, None)
    (file,) = folder.iterdir()
    whole = file.read_text()
    for damage in ("", "{", whole[:-9], whole.replace("SELECT", "SELEKT", 1), "\0\n[]"):
        file.write_text(damage)
        calls = compiled(monkeypatch)
        assert evaluating._script(root, AS_OF, None) == first
        assert len(calls) == 1
        assert file.read_text() == whole


def test_another_pack_date_or_choice_is_another_program(tmp_path: Path, folder: Path) -> None:
    root = write_pack(tmp_path, rule("has_tv"))
    evaluating._script(root, AS_OF, None)
    evaluating._script(root, date(2016, 12, 30), None)
    evaluating._script(root, AS_OF, ("R-1",))
    write_pack(tmp_path, rule("not has_tv"))
    evaluating._script(root, AS_OF, None)
    assert len(list(folder.iterdir())) == 4


def test_what_is_refused_is_not_kept(tmp_path: Path, folder: Path) -> None:
    root = write_pack(tmp_path, rule("has_tv"))
    with pytest.raises(Problem, match=r"policy.rule_unknown"):
        evaluating._script(root, AS_OF, ("R-0",))
    with pytest.raises(Problem, match=r"policy.as_of_outside_pack"):
        evaluating._script(root, date(1990, 1, 1), None)
    assert not folder.exists()


def test_no_place_to_keep_it_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    root = write_pack(tmp_path, rule("has_tv"))
    assert evaluating._script(root, AS_OF, None).rules[0].id == "R-1"


def test_only_the_newest_are_kept(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "_KEPT", 2)
    root = write_pack(tmp_path, rule("has_tv"))
    made = evaluating._script(root, AS_OF, None)
    for key in ("a", "b", "c"):
        script.keep(key, made)
    assert len(list(folder.iterdir())) == 2


def test_files_of_siblings_count(tmp_path: Path) -> None:
    """A pack may extend another beside it."""
    root = write_pack(tmp_path, rule("has_tv"))
    assert root / "pack.yaml" in loading.files_beside(root)
