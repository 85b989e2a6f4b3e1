"""Uploaded files at rest: sealed on the way in, opened as streams, deleted on schedule.

Each file has a random key of its own, kept sealed in the file's head (envelope encryption),
and is written in frames, so that a 500 MB file is never whole in memory. Frames are numbered
and the last one is marked: a truncated or reordered file does not open.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from bangfu.access import crypto
from bangfu.collect import problems

FRAME = 1 << 20
_HEAD = struct.Struct(">4sH")
_LENGTH = struct.Struct(">I?")
_MAGIC = b"BFS1"
FULL = {errno.ENOSPC, errno.EDQUOT}


def root() -> Path:
    """Where imports lie."""
    return Path(settings.BANGFU_VAR) / "imports"


def write(path: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    """Seal `chunks` into `path`; (bytes, sha256 of the plain content).

    Raises Problem `collect.disk_full`; then nothing is left at `path`.
    """
    digest, size, number = hashlib.sha256(), 0, 0
    key = AESGCM.generate_key(256)
    cipher = AESGCM(key)
    head = crypto.seal(key.hex())
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("xb") as out:
            os.chmod(path, 0o600)
            _put(out, _HEAD.pack(_MAGIC, len(head)) + head)
            waiting = b""
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                waiting += chunk
                while len(waiting) > FRAME:
                    _put(out, _frame(cipher, number, waiting[:FRAME], last=False))
                    waiting, number = waiting[FRAME:], number + 1
            _put(out, _frame(cipher, number, waiting, last=True))
    except OSError as fault:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        if fault.errno in FULL:
            raise problems.DISK_FULL() from fault
        raise
    return size, digest.hexdigest()


def _put(out: BinaryIO, data: bytes) -> None:
    out.write(data)


def _frame(cipher: AESGCM, number: int, plain: bytes, *, last: bool) -> bytes:
    body = cipher.encrypt(number.to_bytes(12, "big"), plain, b"last" if last else b"more")
    return _LENGTH.pack(len(body), last) + body


class SealedReader(io.RawIOBase):
    """The plain content of a sealed file as a stream, frame by frame."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        magic, length = _HEAD.unpack(self._file.read(_HEAD.size))
        if magic != _MAGIC:
            raise problems.DAMAGED(name=path.name, what="不是本系统保存的文件")
        self._cipher = AESGCM(bytes.fromhex(crypto.unseal(self._file.read(length)) or ""))
        self._name, self._number, self._ended, self._plain = path.name, 0, False, b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, target: object) -> int:
        """Fill `target` with the next bytes; 0 at the end."""
        view = memoryview(target)  # type: ignore[arg-type]
        while not self._plain and not self._ended:
            self._next()
        taken = self._plain[: len(view)]
        view[: len(taken)] = taken
        self._plain = self._plain[len(taken) :]
        return len(taken)

    def _next(self) -> None:
        head = self._file.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            raise problems.DAMAGED(name=self._name, what="保存的文件不完整")
        length, last = _LENGTH.unpack(head)
        try:
            self._plain = self._cipher.decrypt(
                self._number.to_bytes(12, "big"),
                self._file.read(length),
                b"last" if last else b"more",
            )
        except InvalidTag:
            raise problems.DAMAGED(name=self._name, what="保存的文件被改动") from None
        self._number += 1
        self._ended = last

    def close(self) -> None:
        """Close the file below too."""
        self._file.close()
        super().close()


def read(path: Path) -> io.BufferedReader:
    """The plain content as a buffered stream. Raises Problem `collect.expired`."""
    if not path.exists():
        raise problems.EXPIRED()
    return io.BufferedReader(SealedReader(path), FRAME)


def read_all(path: Path) -> bytes:
    """The plain content whole."""
    with read(path) as stream:
        return stream.read()


def remove(folder: str) -> None:
    """Delete what a batch stored."""
    if folder:
        shutil.rmtree(root() / folder, ignore_errors=True)
