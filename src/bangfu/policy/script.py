"""The batch program as text: what evaluating takes, without the compiler that makes it.

Compiling needs the parser, the SQL writer and the checks of the pack, a second of a
processor: as long as a county takes. So the text of a program is kept in a file beside the
user's other caches, under a hash of all it came from (pack files, dictionary, engine, date).
A file that cannot be read is made anew; one that cannot be written is done without.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bangfu.policy.program import Program

_KEPT = 40  # files; the oldest go


@dataclass(frozen=True)
class RuleHead:
    """What is said of a rule in counts and tables."""

    id: str
    kind: str
    entity: str
    zh: str
    en: str


@dataclass(frozen=True)
class Script:
    """A compiled program: tables to make, files to write, counts to take, all as SQL."""

    pack: str
    pack_hash: str
    title: str
    rules: tuple[RuleHead, ...]
    statements: tuple[tuple[str, str], ...]
    outputs: dict[str, str]
    counts: dict[str, str]
    reads: dict[str, tuple[str, ...]]
    words: tuple[str, ...] = ()  # all that columns of few different values may hold
    gathers: tuple[str, ...] = ()  # entities whose aggregates, and `kin` whose own, are read
    finals: tuple[str, ...] = ()  # tables that the outputs and counts are taken from

    @classmethod
    def of(cls, program: Program) -> Script:
        """The text of a program."""
        return cls(
            program.pack.id, program.pack.hash, program.pack.title.zh,
            tuple(RuleHead(r.id, r.kind, r.entity, r.title.zh, r.title.en) for r in program.rules),
            tuple((s.name, s.sql()) for s in program.statements),
            program.outputs, program.counts, program.reads, program.words(),
            program.gathers, tuple(dict.fromkeys((*program.tables.values(),
                                                  *program.missing.values()))),
        )  # fmt: skip

    def as_json(self) -> str:
        """For the file."""
        shape = {**vars(self), "rules": [list(vars(rule).values()) for rule in self.rules]}
        return json.dumps(shape, ensure_ascii=False)

    @classmethod
    def from_json(cls, content: str) -> Script:
        """From the file. Raises ValueError, TypeError or KeyError when it is damaged."""
        raw: dict[str, Any] = json.loads(content)
        raw["rules"] = tuple(RuleHead(*rule) for rule in raw["rules"])
        raw["statements"] = tuple((name, sql) for name, sql in raw["statements"])
        raw |= {name: tuple(raw[name]) for name in ("words", "gathers", "finals")}
        raw["reads"] = {entity: tuple(names) for entity, names in raw["reads"].items()}
        return cls(**raw)


def literal(value: object) -> str:
    """A text or path as an SQL literal."""
    return "'" + str(value).replace("'", "''") + "'"


def engine_version() -> str:
    """Version of the installed engine."""
    try:
        return version("bangfu")
    except PackageNotFoundError:
        return "0"


def key_of(pack_files: Iterable[Path], root: Path, as_of: date, rules: Iterable[str] | None) -> str:
    """Hash of everything a program is made from."""
    digest = hashlib.sha256()
    chosen = None if rules is None else sorted(set(rules))
    about = [engine_version(), version("sqlglot"), version("duckdb"), str(root.resolve()),
             as_of.isoformat(), chosen]  # fmt: skip
    digest.update(json.dumps(about).encode())
    for file in pack_files:
        content = file.read_bytes()
        digest.update(f"{file}\0{len(content)}\0".encode() + content)
    here = Path(__file__).resolve().parent
    for folder in (here, here.parent / "dictionary", here.parent / "kernel"):
        for file in sorted(folder.glob("*.*")):
            digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def folder() -> Path:
    """Where scripts are kept: `bangfu` in the user's cache directory."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(home) / "bangfu"


def find(key: str) -> Script | None:
    """The script kept under `key`; None when there is none that can be read."""
    try:
        head, _, content = (folder() / f"{key}.json").read_text(encoding="utf-8").partition("\n")
        if head == hashlib.sha256(content.encode()).hexdigest():
            return Script.from_json(content)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return None


def keep(key: str, script: Script) -> None:
    """Keep a script; whoever writes at the same time writes the same."""
    content = script.as_json()
    sealed = f"{hashlib.sha256(content.encode()).hexdigest()}\n{content}"
    with suppress(OSError, RuntimeError):
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=folder(), suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(sealed)
            os.replace(name, folder() / f"{key}.json")
        except OSError:
            os.unlink(name)
            raise
        files = sorted(folder().glob("*.json"), key=lambda f: f.stat().st_mtime)
        for old in files[:-_KEPT]:
            old.unlink(missing_ok=True)
