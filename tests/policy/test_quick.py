"""`bangfu evaluate` in plain words: understood without typer, and as typer would."""

from __future__ import annotations

import inspect
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bangfu.config.cli import judging, main, quick
from bangfu.config.cli import policy as commands
from tests.policy.trial import AS_OF, household, person, rule, write_pack, write_snapshot

PLAIN = ["evaluate", "--snapshot", "s", "--pack", "hechi", "--as-of", "2016-12-31", "--out", "f"]
ALL = [*PLAIN, "--county", "451221", "--county", "451222", "--region", "451221100", "--rule", "A",
       "--threads", "2", "--memory-mb", "900", "--engine", "spark", "--spark-master", "local[1]",
       "--quiet"]  # fmt: skip


def test_the_same_options_in_both() -> None:
    options = inspect.signature(commands.evaluate).parameters
    judged = inspect.signature(judging.judge).parameters
    known = {*quick.TEXTS, *quick.LISTS, *quick.NUMBERS, *quick.FLAGS}
    assert known == set(options) == set(judged)
    needed = {n for n, p in options.items() if p.default is inspect.Parameter.empty}
    assert needed == set(quick.NEEDED)
    for name in known - needed:
        assert options[name].default == judged[name].default, name


@pytest.mark.parametrize("words", [PLAIN, ALL, ["--lang", "zh", *ALL]])
def test_plain_words_are_understood_as_typer_does(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, object]] = []

    def judge(
        snapshot: Path, pack: str, as_of: date, out: Path, **more: object
    ) -> None:  # what was left out is as the command has it
        told.append({"snapshot": snapshot, "pack": pack, "as_of": as_of, "out": out, **more})

    monkeypatch.setattr(judging, "judge", judge)
    found = CliRunner().invoke(main.build([commands]), words)
    assert found.exit_code == 0, found.output
    defaults = {
        n: p.default
        for n, p in inspect.signature(commands.evaluate).parameters.items()
        if p.default is not inspect.Parameter.empty
    }
    asked = quick.evaluation(words)
    assert asked is not None
    assert defaults | asked == told[0]


@pytest.mark.parametrize(
    "words",
    [
        [], ["--help"], ["policy", "check"], ["explain", *PLAIN[1:]], PLAIN[:-1], PLAIN[:-2],
        [*PLAIN, "--help"], [*PLAIN, "--no-quiet"], [*PLAIN, "--threads", "two"],
        [*PLAIN, "--threads", "-1"], [*PLAIN, "--unknown", "x"], [*PLAIN, "more"],
        [*PLAIN, "--memory_mb", "900"], [*PLAIN, "--region=451221100"], [*PLAIN, "--region", ""],
        ["--lang", "fr", *PLAIN], ["--lang", "zh"],
        ["2016-13-31" if word == "2016-12-31" else word for word in PLAIN],
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_typer(words: list[str]) -> None:
    assert quick.evaluation(words) is None


def test_a_language_that_is_none_is_left_to_typer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGFU_LANG", "fr")
    assert quick.evaluation(PLAIN) is None


def test_evaluating_into_a_log_starts_neither_typer_nor_rich(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, rule("has_tv"))
    snapshot = write_snapshot(tmp_path / "s", household=[household()], person=[person()])
    script = (
        "import sys; from bangfu.config.cli.main import main; main();"
        "print([m for m in ('typer', 'rich', 'pydantic') if m in sys.modules])"
    )
    words = ["evaluate", "--snapshot", snapshot, "--pack", pack, "--as-of", AS_OF.isoformat(),
             "--out", tmp_path / "f", "--quiet"]  # fmt: skip
    told = subprocess.run([sys.executable, "-c", script, *map(str, words)],
                          capture_output=True, text=True)  # fmt: skip
    assert told.returncode == 0, told.stderr
    first, done, counted, modules = told.stdout.splitlines()
    assert (first, done) == ("[1/1] 评估", "    完成")
    assert counted.startswith("1 人、1 户")
    assert modules == "[]"


def test_a_refusal_reads_as_ever(tmp_path: Path) -> None:
    words = ["evaluate", "--snapshot", str(tmp_path / "none"), "--pack", "hechi", "--as-of",
             "2016-12-31", "--out", str(tmp_path / "f")]  # fmt: skip
    told = subprocess.run([sys.executable, "-m", "bangfu.config.cli.main", *words],
                          capture_output=True, text=True)  # fmt: skip
    assert told.returncode == 2
    assert "lake." in told.stderr
    assert "Traceback" not in told.stderr
