"""Uploaded files of imports: sealed on the way in, opened as streams, deleted on schedule.

The form of a sealed file is `access.sealed`; here is where imports lie and what is said when
one cannot be kept or read.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from bangfu.access import sealed
from bangfu.access.sealed import FULL
from bangfu.collect import problems

__all__ = ["FULL", "read", "read_all", "remove", "root", "write"]


def root() -> Path:
    """Where imports lie."""
    return Path(settings.BANGFU_VAR) / "imports"


def write(path: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    """Seal `chunks` into `path`; (bytes, sha256 of the plain content).

    Raises Problem `collect.disk_full`; then nothing is left at `path`.
    """
    try:
        return sealed.write(path, chunks, _put)
    except OSError as fault:
        if fault.errno in FULL:
            raise problems.DISK_FULL() from fault
        raise


def _put(out: BinaryIO, data: bytes) -> None:
    out.write(data)


def _damaged(name: str, what: str) -> Exception:
    return problems.DAMAGED(name=name, what=what)


def read(path: Path) -> io.BufferedReader:
    """The plain content as a buffered stream. Raises Problem `collect.expired`."""
    if not path.exists():
        raise problems.EXPIRED()
    return sealed.read(path, _damaged)


def read_all(path: Path) -> bytes:
    """The plain content whole."""
    with read(path) as stream:
        return stream.read()


def remove(folder: str) -> None:
    """Delete what a batch stored."""
    if folder:
        shutil.rmtree(root() / folder, ignore_errors=True)
