"""Every problem: a stable code of its room, texts in both languages, a next step."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from bangfu.kernel.problems import ProblemKind, all_problems

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "bangfu"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_CODE = re.compile(r"^[a-z]+\.[a-z][a-z0-9_]+$")


def _modules() -> list[str]:
    return [
        ".".join(("bangfu", *p.relative_to(PACKAGE).with_suffix("").parts))
        for p in sorted(PACKAGE.rglob("problems.py"))
    ]


def _kinds() -> list[ProblemKind]:
    for name in _modules():  # declaring one code twice raises at import
        import_module(name)
    return sorted(all_problems().values(), key=lambda k: k.code)


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _faults(kind: ProblemKind) -> Iterator[str]:
    if not _CODE.match(kind.code):
        yield "code"
    if not 400 <= kind.status <= 599:
        yield "status"
    for name in ("zh", "en", "do_zh", "do_en"):
        text = getattr(kind, name)
        if not text.strip() or text != text.strip():
            yield f"{name} is empty or padded"
        words = re.sub(r"\{\w+[^}]*\}", "", text).strip("。.：: ")
        if words and bool(_CHINESE.search(words)) != name.endswith("zh"):
            yield f"{name} is in the wrong language"
    # A detail that is itself words comes in both languages: {what} and {what_en}, {zh} and {en}.
    told = {"zh" if n == "en" else n.removesuffix("_en") for n in _names(kind.en)}
    if not told <= _names(kind.zh):
        yield "en names details that zh does not"


def test_every_problem_says_what_is_wrong_and_what_to_do() -> None:
    assert not {k.code: list(_faults(k)) for k in _kinds() if list(_faults(k))}


def test_a_problem_s_code_names_the_room_that_declares_it() -> None:
    strays = []
    for kind in _kinds():
        homes = (PACKAGE / kind.code.partition(".")[0]).rglob("problems.py")
        if not any(f'"{kind.code}"' in home.read_text(encoding="utf-8") for home in homes):
            strays.append(kind.code)
    assert not strays
