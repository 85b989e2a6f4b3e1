"""Files at rest: sealed on the way in, opened as streams.

Each file has a random key of its own, kept sealed in the file's head (envelope encryption),
and is written in frames, so that a 500 MB file is never whole in memory. Frames are numbered
and the last one is marked: a truncated or reordered file does not open.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bangfu.access import crypto

FRAME = 1 << 20
_HEAD = struct.Struct(">4sH")
_LENGTH = struct.Struct(">I?")
_MAGIC = b"BFS1"
FULL = {errno.ENOSPC, errno.EDQUOT}
Put = Callable[[BinaryIO, bytes], None]
# (file name, what is wrong in Chinese) -> what to raise
Damaged = Callable[[str, str], Exception]


def _put(out: BinaryIO, data: bytes) -> None:
    out.write(data)


def write(path: Path, chunks: Iterable[bytes], put: Put = _put) -> tuple[int, str]:
    """Seal `chunks` into the new file `path`; (bytes, sha256 of the plain content).

    Raises OSError; then nothing is left at `path`.
    """
    digest, size, number = hashlib.sha256(), 0, 0
    key = AESGCM.generate_key(256)
    cipher = AESGCM(key)
    head = crypto.seal(key.hex())
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("xb") as out:
            os.chmod(path, 0o600)
            put(out, _HEAD.pack(_MAGIC, len(head)) + head)
            waiting = b""
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                waiting += chunk
                while len(waiting) > FRAME:
                    put(out, _frame(cipher, number, waiting[:FRAME], last=False))
                    waiting, number = waiting[FRAME:], number + 1
            put(out, _frame(cipher, number, waiting, last=True))
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return size, digest.hexdigest()


def _frame(cipher: AESGCM, number: int, plain: bytes, *, last: bool) -> bytes:
    body = cipher.encrypt(number.to_bytes(12, "big"), plain, b"last" if last else b"more")
    return _LENGTH.pack(len(body), last) + body


class SealedReader(io.RawIOBase):
    """The plain content of a sealed file as a stream, frame by frame."""

    def __init__(self, path: Path, damaged: Damaged) -> None:
        self._name, self._damaged = path.name, damaged
        self._file = path.open("rb")
        magic, length = _HEAD.unpack(self._file.read(_HEAD.size))
        if magic != _MAGIC:
            raise damaged(self._name, "不是本系统保存的文件")
        self._cipher = AESGCM(bytes.fromhex(crypto.unseal(self._file.read(length)) or ""))
        self._number, self._ended, self._plain = 0, False, b""

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
            raise self._damaged(self._name, "保存的文件不完整")
        length, last = _LENGTH.unpack(head)
        try:
            self._plain = self._cipher.decrypt(
                self._number.to_bytes(12, "big"),
                self._file.read(length),
                b"last" if last else b"more",
            )
        except InvalidTag:
            raise self._damaged(self._name, "保存的文件被改动") from None
        self._number += 1
        self._ended = last

    def close(self) -> None:
        """Close the file below too."""
        self._file.close()
        super().close()


def read(path: Path, damaged: Damaged) -> io.BufferedReader:
    """The plain content as a buffered stream. Raises FileNotFoundError, and what `damaged`
    makes."""
    return io.BufferedReader(SealedReader(path, damaged), FRAME)
