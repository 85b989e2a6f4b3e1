"""`bangfu snapshot` closes a period of the registry into the lake; `bangfu records` takes in
loans, enterprises, cooperatives, projects and townships."""

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


def records(
    kind: Annotated[str, typer.Argument(help="township, loan, enterprise, cooperative, project")],
    file: Annotated[Path, typer.Argument(help="CSV 或 xlsx / CSV or xlsx")],
    template: Annotated[
        bool, typer.Option("--template", help="只写出空表头 / only write the headings")
    ] = False,
) -> None:
    """登记贷款、企业、合作社、项目、乡镇 · Record loans, enterprises … from a table."""
    bootstrap.django()
    from bangfu.access.scope import system_scope
    from bangfu.dictionary import entity
    from bangfu.registry import records as room

    room.model_of(kind)
    if template:
        labels = ",".join(field.zh for field in entity(kind).fields.values())
        file.write_text(f"\ufeff{labels}\n", encoding="utf-8")
        show.say(f"表头已写入 {file}", f"Headings written to {file}")
        return
    done = room.put(system_scope(), kind, room.read(file, kind), source=file.name)
    show.say(
        f"新增 {done.added} 条，更新 {done.changed} 条，{done.same} 条未变",
        f"{done.added} added, {done.changed} changed, {done.same} as they were",
    )


COMMANDS = {"snapshot": snapshot, "records": records}
