"""`bangfu policy coverage`: which rules of the catalogue are computed, which are duties, which
are still to be written.

A catalogue file is YAML with `rules`, each with `id`, `title_zh` and `title_en`. A rule is
computed when a pack holds it as an evaluated rule or as a variable's formula.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bangfu.policy import problems
from bangfu.policy.loading import known_packs, pack_path, read_pack
from bangfu.policy.pack import Pack
from bangfu.policy.source import SourceError, read


@dataclass(frozen=True)
class Entry:
    """One rule of the catalogue. `state`: computed, duty or open; `where`: the pack's file."""

    id: str
    zh: str
    en: str
    state: str
    where: str = ""


@dataclass(frozen=True)
class FileCoverage:
    """One catalogue file."""

    name: str
    entries: tuple[Entry, ...]

    def count(self, state: str) -> int:
        """How many entries are in a state."""
        return sum(1 for entry in self.entries if entry.state == state)

    @property
    def left(self) -> list[Entry]:
        """Entries that no pack holds."""
        return [entry for entry in self.entries if entry.state == "open"]


def coverage(catalogue: Path | str, packs: Iterable[str] | None = None) -> list[FileCoverage]:
    """Coverage of each catalogue file by the packs (default all). Raises CATALOGUE_NOT_FOUND,
    PACK_NOT_FOUND."""
    root = Path(catalogue)
    files = sorted(root.glob("*.yaml")) if root.is_dir() else [root]
    if not files or not files[0].is_file():
        raise problems.CATALOGUE_NOT_FOUND(path=str(root))
    held = _held([_read(name) for name in (packs if packs is not None else known_packs())])
    return [_file(file, held) for file in files]


def _read(name: str) -> Pack:
    pack, _ = read_pack(pack_path(name))
    if pack is None:
        raise problems.PACK_NOT_FOUND(pack=name, known="、".join(known_packs()))
    return pack


def _held(packs: list[Pack]) -> dict[str, tuple[str, str]]:
    """Rule id -> (state, place), a computed one before a duty of the same id."""
    found: dict[str, tuple[str, str]] = {}
    for pack in packs:
        for rule in pack.rules.values():
            state = "duty" if rule.kind == "duty" else "computed"
            if found.get(rule.id, ("", ""))[0] != "computed":
                found[rule.id] = (state, f"{rule.place.file}:{rule.place.line}")
        for variable in pack.variables.values():
            if variable.rule:
                place = f"{variable.place.file}:{variable.place.line}"
                found[variable.rule] = ("computed", place)
    return found


def _file(path: Path, held: dict[str, tuple[str, str]]) -> FileCoverage:
    try:
        root = read(path)
    except SourceError as fault:
        raise problems.CATALOGUE_NOT_FOUND(path=fault.problem.show()) from fault
    entries = []
    for node in root.get("rules") or ():
        plain = node.plain()
        rule = str(plain.get("id", ""))
        state, where = held.get(rule, ("open", ""))
        zh, en = str(plain.get("title_zh") or ""), str(plain.get("title_en") or "")
        entries.append(Entry(rule, zh, en, state, where))
    return FileCoverage(path.stem, tuple(entries))
