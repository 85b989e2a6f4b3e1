"""The embedded server: a real one each time, in a directory of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bangfu.config.postgres import EmbeddedServer
from bangfu.kernel.problems import Problem


@pytest.fixture
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], EmbeddedServer]]:
    made: list[EmbeddedServer] = []

    def build(root: Path, *, throwaway: bool = True) -> EmbeddedServer:
        made.append(EmbeddedServer(root, throwaway=throwaway))
        return made[-1]

    yield build
    for server in made:
        server.leave()


def _pid(server: EmbeddedServer) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def _value(server: EmbeddedServer, query: str) -> object:
    with psycopg.connect(server.uri()) as db:
        row = db.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]


def _wait_gone(pid: int) -> None:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("the server is still there")


def test_starts_with_a_database_of_ours_in_code_point_order(make, tmp_path: Path) -> None:
    server = make(tmp_path / "pg").start()
    assert _value(server, "SELECT current_user::text || '@' || current_database()") == (
        "bangfu@bangfu"
    )
    assert _value(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert _value(server, "SELECT '451228' < ':' AND 'Z' < 'a'") is True
    assert _value(server, "SELECT lower('Ä')") == "ä"
    assert server.socket_dir.stat().st_mode & 0o077 == 0


def test_starting_twice_joins_and_the_last_to_leave_stops_it(make, tmp_path: Path) -> None:
    first, second = make(tmp_path / "pg").start(), make(tmp_path / "pg").start()
    pid = _pid(first)
    first.leave()
    assert _value(second, "SELECT 1") == 1
    second.leave()
    _wait_gone(pid)
    assert _value(make(tmp_path / "pg").start(), "SELECT 1") == 1


def test_comes_back_after_kill_9_with_what_was_committed(make, tmp_path: Path) -> None:
    server = make(tmp_path / "pg", throwaway=False).start()
    with psycopg.connect(server.uri()) as db:
        db.execute("CREATE TABLE kept (n int)")
        db.execute("INSERT INTO kept VALUES (7)")
    os.kill(_pid(server), signal.SIGKILL)
    _wait_gone(_pid(server))
    again = make(tmp_path / "pg").start()
    assert _value(again, "SELECT n FROM kept") == 7


def test_a_pid_file_that_names_another_program_is_no_obstacle(make, tmp_path: Path) -> None:
    server = make(tmp_path / "pg").start()
    note = (server.data / "postmaster.pid").read_text().splitlines()
    server.leave()
    (server.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *note[1:]]) + "\n")
    assert _value(make(tmp_path / "pg").start(), "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_gets_a_short_one(make, tmp_path: Path) -> None:
    root = tmp_path / ("long" * 20) / ("path" * 20)
    server = make(root).start()
    assert root not in server.socket_dir.parents
    assert _value(server, "SELECT 1") == 1


def test_two_processes_starting_at_once_share_one_server(make, tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from bangfu.config.postgres import EmbeddedServer;"
        "s = EmbeddedServer(pathlib.Path(sys.argv[1]), throwaway=True).start();"
        "print((s.data / 'postmaster.pid').read_text().splitlines()[0], flush=True);"
        "sys.stdin.read()"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "pg")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    pids = set()
    for process in started:
        assert process.stdout is not None
        pids.add(process.stdout.readline().strip())
    for process in started:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert len(pids) == 1
    _wait_gone(int(pids.pop()))


def test_another_version_s_data_is_refused(make, tmp_path: Path) -> None:
    data = tmp_path / "pg" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("11\n")
    with pytest.raises(Problem) as caught:
        make(tmp_path / "pg").start()
    assert caught.value.code == "config.postgres_other_version"
