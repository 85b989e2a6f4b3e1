"""The manifest of a snapshot: which files, how many rows, which hashes, from where.

Written last by the writer, read first by the reader. Plain JSON, so that another city's
system can check a snapshot without this program.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bangfu.lake import problems
from bangfu.lake.schema import ENTITIES, dictionary_hash

FORMAT = "bangfu-snapshot/1"
NAME = "manifest.json"


@dataclass(frozen=True)
class FileEntry:
    """One file: path relative to the snapshot, rows (0 for an attachment), bytes, sha256."""

    file: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`tables`: entity -> county code -> file. `notes`: whatever the source wants remembered."""

    period: str
    source: str
    created: str
    tables: dict[str, dict[str, FileEntry]]
    attachments: dict[str, FileEntry] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    dictionary: str = field(default_factory=dictionary_hash)
    format: str = FORMAT

    @property
    def totals(self) -> dict[str, int]:
        """Rows by entity."""
        return {name: sum(e.rows for e in files.values()) for name, files in self.tables.items()}

    @property
    def digest(self) -> str:
        """One hash for the content of all tables: the identity of the snapshot in findings."""
        lines = [f"{e.file} {e.sha256}" for files in self.tables.values() for e in files.values()]
        return hashlib.sha256("\n".join([self.period, *sorted(lines)]).encode()).hexdigest()

    def entries(self) -> list[FileEntry]:
        """Every file listed, tables first."""
        tables = [entry for files in self.tables.values() for entry in files.values()]
        return [*tables, *self.attachments.values()]

    def save(self, folder: Path) -> None:
        """Write it into `folder`."""
        shape = {**asdict(self), "totals": self.totals, "digest": self.digest}
        text = json.dumps(shape, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / NAME).write_text(text + "\n", encoding="utf-8")


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def entry_of(root: Path, path: Path, rows: int) -> FileEntry:
    """The entry of a file just written below `root`."""
    name = path.relative_to(root).as_posix()
    return FileEntry(name, rows, path.stat().st_size, sha256_of(path))


def load(folder: Path) -> Manifest:
    """The manifest in `folder`. Raises NOT_FOUND, MANIFEST_DAMAGED or FORMAT_UNKNOWN."""
    path = folder / NAME
    if not path.is_file():
        raise problems.NOT_FOUND(path=str(folder))
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        found = raw["format"]
        if found != FORMAT:
            raise problems.FORMAT_UNKNOWN(path=str(path), found=found, expected=FORMAT)
        tables = {
            entity: {c: FileEntry(**e) for c, e in raw["tables"].get(entity, {}).items()}
            for entity in ENTITIES
        }
        manifest = Manifest(
            period=str(raw["period"]),
            source=raw["source"],
            created=raw["created"],
            tables=tables,
            attachments={n: FileEntry(**e) for n, e in raw["attachments"].items()},
            notes=raw["notes"],
            dictionary=raw["dictionary"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise problems.MANIFEST_DAMAGED(path=str(path), detail=str(error)) from error
    if manifest.digest != raw.get("digest"):
        raise problems.MANIFEST_DAMAGED(path=str(path), detail="digest")
    _refuse_escapes(path, manifest)
    return manifest


def _refuse_escapes(path: Path, manifest: Manifest) -> None:
    """A manifest from elsewhere must not lead the reader out of its own directory."""
    for entry in manifest.entries():
        parts = Path(entry.file).parts
        if not parts or Path(entry.file).is_absolute() or ".." in parts:
            raise problems.MANIFEST_DAMAGED(path=str(path), detail=entry.file)
