"""Files by the hash of their content: var/evidence/aa/bb/<sha256>.{file,show,small}.

`file` is what was sent, to the byte; `show` what may be served, `small` its thumbnail. All
are sealed: who takes the disk away sees nothing.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from bangfu.access import sealed
from bangfu.evidence import problems

WHOLE, SHOWN, SMALL = "file", "show", "small"


def root() -> Path:
    """Where evidence lies."""
    return Path(settings.BANGFU_VAR) / "evidence"


def path(sha256: str, part: str = WHOLE) -> Path:
    """Where a file lies, there or not."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise problems.LOST(file=sha256[:12])
    return root() / sha256[:2] / sha256[2:4] / f"{sha256}.{part}"


def keep(data: bytes, shown: bytes, small: bytes) -> str:
    """Keep a file and what is served of it; its hash. The same content is kept once.

    Raises Problem `evidence.disk_full`; then nothing is left behind.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    for part, content in ((SMALL, small), (SHOWN, shown), (WHOLE, data)):
        _put(path(sha256, part), content)
    return sha256


def _put(target: Path, content: bytes) -> None:
    if target.exists():
        return
    # Written aside and renamed: a file that is there is whole, even after a kill.
    aside = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    try:
        sealed.write(aside, [content])
        os.replace(aside, target)
    except OSError as fault:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        if fault.errno in sealed.FULL:
            raise problems.DISK_FULL() from fault
        raise


def read(sha256: str, part: str = WHOLE) -> bytes:
    """A file's content. Raises Problem `evidence.lost` for one that is gone or was changed."""

    def damaged(name: str, what: str) -> Exception:
        return problems.LOST(file=f"{sha256[:12]}（{what}）")

    try:
        with sealed.read(path(sha256, part), damaged) as stream:
            content = stream.read()
    except FileNotFoundError:
        raise problems.LOST(file=sha256[:12]) from None
    if part == WHOLE and hashlib.sha256(content).hexdigest() != sha256:
        raise problems.LOST(file=sha256[:12])
    return content
