"""The virus scanner, where there is one: the setting BANGFU_SCAN.

`clamd:/run/clamav/clamd.ctl` or `clamd:host:3310` speaks to the daemon; anything else is a
command that reads the file from its standard input and exits 0 (clean) or 1 (infected), such
as `clamscan --no-summary -`. When the scanner does not answer, the file is refused.
"""

from __future__ import annotations

import shlex
import socket
import struct
import subprocess

from django.conf import settings

from bangfu.evidence import problems
from bangfu.kernel.problems import Problem

TIMEOUT = 60
_CHUNK = 1 << 16


def scanner() -> str:
    """The setting; empty: files are not scanned."""
    return str(getattr(settings, "BANGFU_SCAN", ""))


def scan(name: str, data: bytes) -> None:
    """Nothing when clean or when there is no scanner. Raises Problem `evidence.infected`,
    `evidence.scan_failed`."""
    how = scanner()
    if not how:
        return
    try:
        found = _daemon(how[6:], data) if how.startswith("clamd:") else _command(how, data)
    except (OSError, subprocess.SubprocessError, ValueError) as fault:
        raise problems.SCAN_FAILED(what=type(fault).__name__) from fault
    if found:
        raise problems.INFECTED(name=name, what=found)


def ping() -> str:
    """'' when the scanner works, else what is wrong. Harmless: scans five bytes."""
    try:
        scan("ping", b"clean")
    except Problem as problem:
        return problem.message("zh")
    return ""


def _command(how: str, data: bytes) -> str:
    told = subprocess.run(
        shlex.split(how), input=data, capture_output=True, timeout=TIMEOUT, check=False
    )
    words = (told.stdout + told.stderr).decode("utf-8", "replace").strip().splitlines()
    if told.returncode == 0:
        return ""
    if told.returncode == 1:
        return words[0][:120] if words else "infected"
    raise OSError(f"exit {told.returncode}")


def _daemon(where: str, data: bytes) -> str:
    """clamd's INSTREAM: chunks with their lengths, a zero length, one line back."""
    with _connect(where) as link:
        link.settimeout(TIMEOUT)
        link.sendall(b"zINSTREAM\0")
        for at in range(0, len(data), _CHUNK):
            piece = data[at : at + _CHUNK]
            link.sendall(struct.pack(">I", len(piece)) + piece)
        link.sendall(struct.pack(">I", 0))
        answer = b""
        while not answer.endswith(b"\0") and (more := link.recv(4096)):
            answer += more
    told = answer.rstrip(b"\0\n").decode("utf-8", "replace")
    if told.endswith("OK"):
        return ""
    if told.endswith("FOUND"):
        return told.removeprefix("stream: ").removesuffix(" FOUND")
    raise OSError(told[:80] or "no answer")


def _connect(where: str) -> socket.socket:
    if where.startswith("/"):
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(TIMEOUT)
        try:
            link.connect(where)
        except OSError:
            link.close()
            raise
        return link
    host, _, port = where.rpartition(":")
    return socket.create_connection((host, int(port)), TIMEOUT)
