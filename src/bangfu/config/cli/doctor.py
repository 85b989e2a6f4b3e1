"""`bangfu doctor`: is this machine fit to run the platform, and if not, what to do."""

from __future__ import annotations

import typer
from rich.markup import escape

from bangfu.config import bootstrap
from bangfu.config.cli import show
from bangfu.kernel.health import Check, Finding, all_checks, bad

_MARK = {"ok": "[green]✔[/]", "warn": "[yellow]![/]", "bad": "[bold red]✘[/]"}


def doctor() -> None:
    """检查运行环境 · Check the machine and say what to do. Exit code 1 when something is bad."""
    bootstrap.django(database=False)  # the database is one of the things looked at
    from bangfu.config import checks

    checks.load_rooms()
    worst = False
    for item in all_checks():
        seen = _look(item)
        worst |= seen.state == "bad"
        line = f"{show.text(item.zh, item.en)}：{show.text(seen.zh, seen.en)}"
        show.out.print(f"{_MARK[seen.state]} {escape(line)}")
        if seen.do_zh:
            show.out.print(f"    [dim]→[/] {escape(show.text(seen.do_zh, seen.do_en))}")
    if worst:
        raise typer.Exit(1)


def _look(item: Check) -> Finding:
    try:
        return item.look()
    except Exception as fault:  # noqa: BLE001 - a check that breaks is a finding, not a crash
        what = f"{type(fault).__name__}: {fault}".strip().splitlines()[0]
        return bad(
            f"检查未能完成（{what}）",
            f"the check failed ({what})",
            "请先处理上面的问题再试。",
            "Mend what is listed above and try again.",
        )


COMMANDS = {"doctor": doctor}
