"""`bangfu run`: snapshot, evaluate, load, in one go; and explaining a household of the registry
(`bangfu explain` without --snapshot, see `explain_registered`)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bangfu.config import bootstrap
from bangfu.config.cli import show


def run(
    period: Annotated[str, typer.Option(help="期次 / period, e.g. 2016-12")] = "",
    pack: Annotated[str, typer.Option(help="政策包 / policy pack")] = "",
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="判定日期 / day")
    ] = None,
    snapshot: Annotated[
        Path | None, typer.Option(help="用已有快照，不新做 / judge this snapshot")
    ] = None,
) -> None:
    """评估全市：快照、判定、装载 · Evaluate the registry and show the result on the pages."""
    bootstrap.django()
    from bangfu.access.scope import system_scope
    from bangfu.findings import commands
    from bangfu.findings.evaluation import watched_by

    steps = show.Steps(1)
    with (
        steps.step("快照、评估、装载", "Snapshot, evaluate, load") as report,
        watched_by(report),
    ):
        done = commands.start(
            system_scope(), pack=pack, period=period, as_of=as_of.date() if as_of else None,
            snapshot=snapshot, now=True,
        )  # fmt: skip
    _tell(done)


def _tell(run: Any) -> None:
    counts = run.counts
    show.say(
        f"评估 {run.pk}：{run.pack} {run.as_of}，{counts['households']:,} 户"
        f" {counts['persons']:,} 人，用时 {run.total_seconds} 秒",
        f"Run {run.pk}: {run.pack} {run.as_of}, {counts['households']:,} households,"
        f" {counts['persons']:,} persons, {run.total_seconds} s",
    )
    show.say(
        f"认定对象 {counts['assessed']:,} 户：达标 {counts['ready']:,}，"
        f"未达标 {counts['not_ready']:,}，待定 {counts['undecided']:,}",
        f"Assessed {counts['assessed']:,}: ready {counts['ready']:,},"
        f" not ready {counts['not_ready']:,}, undecided {counts['undecided']:,}",
    )
    show.say(f"结果指纹 {run.digest}", f"Digest {run.digest}")


def explain_registered(
    household_no: str, pack: str = "", as_of: date | None = None
) -> dict[str, Any]:
    """A registered household's explanation (`Explanation.as_dict()`), as the pages judge it.

    Raises Problem `registry.household_not_found`, `policy.*`.
    """
    bootstrap.django()
    from bangfu.access.scope import system_scope
    from bangfu.findings import explaining

    return explaining.raw(system_scope(), household_no, as_of=as_of, pack=pack).as_dict()


COMMANDS = {"run": run}
