"""`bangfu snapshot`: closes a period of the registry into the lake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bangfu.config import bootstrap
from bangfu.config.cli import show
from bangfu.kernel.period import Period


def snapshot(
    period: Annotated[str, typer.Option(help="期次 / period, e.g. 2016-12")],
    out: Annotated[
        Path | None, typer.Option(help="目录，默认在数据湖中 / directory, default: in the lake")
    ] = None,
) -> None:
    """生成期次快照 · Write a period's snapshot, whole or not at all."""
    try:
        wanted = Period.parse(period)
    except ValueError:
        raise typer.BadParameter("YYYY-MM, e.g. 2016-12", param_hint="--period") from None
    bootstrap.django()
    from bangfu.access.scope import system_scope
    from bangfu.registry.snapshot import take

    with show.Steps(1).step(f"生成快照 {wanted}", f"Snapshot of {wanted}") as report:
        done = take(system_scope(), str(wanted), out=out and out.absolute(), progress=report)
    counts = ", ".join(f"{name} {rows:,}" for name, rows in done.rows.items())
    show.say(f"快照已写入 {done.path}（{counts}）", f"Written to {done.path} ({counts})")


COMMANDS = {"snapshot": snapshot}
