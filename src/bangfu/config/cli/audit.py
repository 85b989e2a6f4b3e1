"""`bangfu audit verify`: has anybody altered the log or the row history under it."""

from __future__ import annotations

import typer

from bangfu.config import bootstrap
from bangfu.config.cli import show

group = typer.Typer(help="审计日志 · The audit log", no_args_is_help=True)


@group.callback()
def _group() -> None:
    """审计日志 · The audit log."""


@group.command()
def verify() -> None:
    """核对审计链 · Walk the chain of events; exit 1 when it is broken."""
    bootstrap.django()
    from bangfu import audit

    told = audit.verify()
    if told.ok:
        show.say(f"审计链完整，共 {told.checked} 条。", f"The chain holds: {told.checked} events.")
        return
    show.say(
        f"[bold red]审计链在第 {told.checked} 条之后断开：{told.fault}[/]",
        f"[bold red]The chain is broken after event {told.checked}: {told.fault}[/]",
    )
    raise typer.Exit(1)


COMMANDS = {"audit": group}
