"""The procedures of the packs that are here, read once; and one from its kept text.

A running case goes by the text it began under (`of_text`), not by what the pack says today.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bangfu.policy import problems
from bangfu.policy.loading import load_pack, pack_path
from bangfu.policy.procedures.checking import check
from bangfu.policy.procedures.definition import Procedure
from bangfu.policy.procedures.reading import files, read
from bangfu.policy.reader import Reader


def procedures(pack_id: str | Path) -> dict[str, Procedure]:
    """Checked procedures of a pack by id. Raises PACK_NOT_FOUND, PACK_INVALID."""
    root = pack_path(pack_id)
    stamp = tuple((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in files(root))
    return _load(root, stamp)


@lru_cache(maxsize=16)
def _load(root: Path, stamp: tuple[tuple[str, int, int], ...]) -> dict[str, Procedure]:
    reader = Reader()
    found = check(root, load_pack(root), reader)
    if reader.problems:
        shown = "\n".join(problem.show() for problem in reader.problems[:20])
        raise problems.PACK_INVALID(pack=root.name, count=len(reader.problems), list=shown)
    return found


def text_of(procedure: Procedure) -> str:
    """The file's text, to be kept with the cases that begin under it."""
    return (pack_path(procedure.pack) / "procedures" / f"{procedure.id}.yaml").read_text("utf-8")


@lru_cache(maxsize=64)
def of_text(text: str, pack: str) -> Procedure:
    """A procedure from the text kept with a case. Raises ValueError for what was never one."""
    found = read(text, f"{pack}/procedures", pack, (), Reader())
    if found is None:
        raise ValueError("not a procedure")
    return found
