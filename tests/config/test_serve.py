"""`bangfu serve`: site and worker come up together and go down together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.config.place import Place


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _serving(place: Place, port: int) -> Iterator[subprocess.Popen[bytes]]:
    log = (place.var / "serve.log").open("wb")
    process = subprocess.Popen(
        place.command("serve", "--port", str(port)),
        env=place.environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        log.close()


def _get(port: int, path: str) -> tuple[int, dict[str, str]]:
    for _ in range(150):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, dict(answer.headers)
        except urllib.error.HTTPError as fault:
            with fault:
                return fault.code, dict(fault.headers)
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the site did not answer")


def _wait(condition: object, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.2)


def test_serves_with_security_headers_and_stops_cleanly_on_term(place: Place) -> None:
    port = _free_port()
    with _serving(place, port) as site:
        status, headers = _get(port, "/sign-in/")
        assert status == 200
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        _wait(lambda: psutil.Process(site.pid).children())
        worker = psutil.Process(site.pid).children()[0]
        site.send_signal(signal.SIGTERM)
        assert site.wait(40) == 0
        _wait(lambda: not worker.is_running())
    assert "Traceback" not in (place.var / "serve.log").read_text()


def test_a_dead_worker_is_replaced_and_none_outlives_the_site(place: Place) -> None:
    port = _free_port()
    with _serving(place, port) as site:
        _get(port, "/sign-in/")
        _wait(lambda: psutil.Process(site.pid).children())
        first = psutil.Process(site.pid).children()[0].pid
        os.kill(first, signal.SIGKILL)
        _wait(lambda: any(c.pid != first for c in psutil.Process(site.pid).children()))
        second = next(c for c in psutil.Process(site.pid).children() if c.pid != first)
        site.kill()  # no chance to tell its worker anything
        site.wait()
        _wait(lambda: not second.is_running())
