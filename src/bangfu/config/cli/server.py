"""`bangfu serve`, `worker`, `migrate`, `key`: running the platform on one machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType
from typing import Annotated

import typer

from bangfu.config import bootstrap, problems
from bangfu.config.cli import show


def serve(
    host: Annotated[str | None, typer.Option(help="地址 / address (BANGFU_HOST)")] = None,
    port: Annotated[int | None, typer.Option(help="端口 / port (PORT)")] = None,
    worker: Annotated[bool, typer.Option(help="同时运行后台任务 / run jobs too")] = True,
) -> None:
    """启动网站和后台任务 · Serve the site and run background jobs."""
    run_site(host, port, with_worker=worker)


def run_site(host: str | None = None, port: int | None = None, *, with_worker: bool = True) -> None:
    """Serve until Ctrl-C or SIGTERM; both stop site, worker and (if last) database.

    Raises Problem `config.port_taken`, `config.not_migrated`.
    """
    bootstrap.django()
    from django.conf import settings

    host, port = host or settings.ENV.host, port or settings.ENV.port
    taken = listen(host, port)
    try:
        refuse_unmigrated()
        bootstrap.require_key()
        collect_static()

        from django.core.wsgi import get_wsgi_application
        from django.urls import get_resolver
        from waitress import create_server

        _ = get_resolver().url_patterns  # a page that does not import is found now

        server = create_server(
            get_wsgi_application(), sockets=[taken], threads=settings.ENV.threads, ident="bangfu"
        )
        jobs = Worker() if with_worker else None
        signal.signal(signal.SIGTERM, _interrupt)
        show.out.print(f"[bold green]http://{_shown(host)}:{port}/[/]", soft_wrap=True)
        show.say("按 Ctrl-C 停止。", "Press Ctrl-C to stop.")
        try:
            server.run()  # returns on KeyboardInterrupt, after open requests have ended
        finally:
            server.close()
            if jobs:
                jobs.stop()
            show.say("已停止。", "Stopped.")
    finally:
        taken.close()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _shown(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - shown, not bound


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, so that a taken port is said before any work is done.

    Raises Problem `config.port_taken`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError:
        found.close()
        raise problems.PORT_TAKEN(host=host, port=port, other=_free_port(host, family)) from None
    return found


def _free_port(host: str, family: int) -> int:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return 8080
        return int(probe.getsockname()[1])


def refuse_unmigrated() -> None:
    """Raises Problem `config.not_migrated` when the database lacks migrations."""
    waiting = bootstrap.waiting_migrations()
    if waiting:
        raise problems.NOT_MIGRATED(count=len(waiting))


def collect_static() -> None:
    """Gather the static files under BANGFU_VAR with hashed names; quick when unchanged."""
    from django.conf import settings
    from django.core.management import call_command

    # Collected by the manifest storage, which the settings choose only once it is there.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "bangfu.config.static.CollectedStorage"}
    }
    settings.WHITENOISE_USE_FINDERS = False
    call_command("collectstatic", interactive=False, verbosity=0)


class Worker:
    """The background worker as a child process, started again when it dies."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._child = self._spawn()
        self._watch = threading.Thread(target=self._keep_alive, daemon=True)
        self._watch.start()

    def _spawn(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches only us, and we ask it to stop once.
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bangfu.config.cli.main",
                "worker",
                "--parent",
                str(os.getpid()),
            ],
            start_new_session=True,
        )

    def _keep_alive(self) -> None:
        while not self._stopping.wait(1):
            if self._child.poll() is not None:
                show.say(
                    f"后台任务进程已退出（{self._child.returncode}），正在重新启动。",
                    f"The worker ended ({self._child.returncode}); starting it again.",
                )
                if self._stopping.wait(2):
                    return
                self._child = self._spawn()

    def stop(self, patience: float = 15) -> None:
        """Let the running job come to a step, then stop; at last, kill."""
        self._stopping.set()
        self._watch.join()
        for ask in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            if self._child.poll() is not None:
                return
            self._child.send_signal(ask)
            try:
                self._child.wait(patience)
            except subprocess.TimeoutExpired:
                continue


def worker(
    parent: Annotated[int, typer.Option(hidden=True)] = 0,
    batch: Annotated[
        bool, typer.Option(help="做完已有任务后退出 / stop when no job is left")
    ] = False,
) -> None:
    """执行后台任务 · Run background jobs until stopped."""
    bootstrap.django()
    from django.core.management import call_command

    from bangfu.jobs.commands import fail_abandoned

    fail_abandoned()
    if parent:
        threading.Thread(target=_stop_with, args=(parent,), daemon=True).start()
    call_command(
        "db_worker", queue_name="*", interval=0.5, batch=batch, startup_delay=False, reload=False,
        verbosity=1,
    )  # fmt: skip


def _stop_with(parent: int) -> None:
    """End ourselves when the server that started us is gone, however it went."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def migrate() -> None:
    """建立或更新数据库结构 · Create or update the database."""
    bootstrap.django()
    count = bootstrap.migrate()
    show.say(f"数据库结构已是最新（本次 {count} 项）。", f"Up to date ({count} run).")


def key() -> None:
    """生成数据密钥 · Make a data key, unless there is one."""
    from bangfu.config.environment import Environment

    env = Environment.read()
    if env.secret():
        show.say("已有数据密钥，没有改动。", "There is a key already; nothing changed.")
        return
    path = bootstrap.make_key(env)
    show.say(
        f"数据密钥已保存在 {path}。请另行备份：丢失后身份证号等信息无法恢复。",
        f"The key is in {path}. Back it up: without it protected fields are lost.",
    )


COMMANDS = {"serve": serve, "worker": worker, "migrate": migrate, "key": key}
