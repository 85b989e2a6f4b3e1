"""A directory that appears whole or not at all.

Called by the snapshot writer and by evaluation for its findings: work goes to a hidden
sibling, is flushed to disk and renamed. A killed run leaves only the sibling, which the
next run to the same target sweeps away.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bangfu.lake import problems


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fsync_tree(root: Path) -> None:
    for folder, _, names in os.walk(root, topdown=False):
        for name in names:
            _fsync(Path(folder) / name)
        _fsync(Path(folder))


@contextmanager
def _only_writer(out: Path) -> Iterator[None]:
    """Hold the lock beside `out`; the kernel lets go of it when a run is killed."""
    lock = out.parent / f".{out.name}.lock"
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise problems.TARGET_BUSY(path=str(out)) from None
        # The holder before us may have unlinked the file we locked: then it guards nothing.
        if lock.exists() and os.fstat(handle).st_ino == lock.stat().st_ino:
            break
        os.close(handle)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(handle)


def _sweep(out: Path) -> None:
    """Remove what killed runs left; put back a target that a killed replacement had set aside."""
    for old in sorted(out.parent.glob(f".{out.name}.old-*")):
        if out.exists():
            shutil.rmtree(old)
        else:
            old.rename(out)
    for stale in out.parent.glob(f".{out.name}.tmp-*"):
        shutil.rmtree(stale)


def _publish(temp: Path, out: Path) -> None:
    old: Path | None = None
    if out.exists():
        old = out.parent / f".{out.name}.old-{temp.name.rpartition('-')[2]}"
        out.rename(old)
    temp.rename(out)
    _fsync(out.parent)
    if old:
        shutil.rmtree(old)


@contextmanager
def staged_directory(out: Path, *, replace: bool = False) -> Iterator[Path]:
    """A temporary directory that becomes `out` when the block ends without an exception.

    Raises TARGET_TAKEN when `out` exists and is not empty (unless `replace`), TARGET_BUSY
    when another process is writing it, NO_SPACE when the disk is full.
    """
    out = Path(os.path.abspath(out))
    out.parent.mkdir(parents=True, exist_ok=True)
    with _only_writer(out):
        _sweep(out)
        if out.exists() and not replace and (not out.is_dir() or any(out.iterdir())):
            raise problems.TARGET_TAKEN(path=str(out))
        temp = Path(tempfile.mkdtemp(prefix=f".{out.name}.tmp-", dir=out.parent))
        try:
            temp.chmod(0o755)  # mkdtemp is private; a snapshot is shared like its siblings
            yield temp
            _fsync_tree(temp)
            _publish(temp, out)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise problems.NO_SPACE(path=str(out)) from error
            raise
        finally:
            shutil.rmtree(temp, ignore_errors=True)
