"""`bangfu demo-data`, `demo-load`: a synthetic Hechi as files, or into an empty registry."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bangfu.config import bootstrap
from bangfu.config.cli import show

if TYPE_CHECKING:
    from bangfu.demo.summary import Summary


def demo_data(
    out: Annotated[Path, typer.Option(help="输出目录 / directory to write")],
    persons: Annotated[int, typer.Option(help="人数 / persons")] = 20_000,
    seed: Annotated[int, typer.Option(help="随机种子 / random seed")] = 1,
    format: Annotated[str, typer.Option(help="snapshot / csv / xlsx")] = "snapshot",
    replace: Annotated[bool, typer.Option(help="覆盖已有目录 / overwrite")] = False,
) -> None:
    """生成演示城市 · Make a synthetic city, calibrated to the published figures."""
    from bangfu.demo import export

    started = time.monotonic()
    with show.Steps(1).step("生成演示城市", "Making the demo city") as report:
        summary = export.write(
            persons, out, seed=seed, format=format, replace=replace, progress=report
        )
    _table(summary)
    seconds = time.monotonic() - started
    show.say(
        f"{summary.counts['persons_collected']:,} 人、{summary.counts['households']:,} 户 → {out}"
        f"（{seconds:.1f} 秒）",
        f"{summary.counts['persons_collected']:,} persons in {summary.counts['households']:,}"
        f" households → {out} ({seconds:.1f} s)",
    )


def demo_load(
    persons: Annotated[int, typer.Option(help="人数 / persons")] = 20_000,
    seed: Annotated[int, typer.Option(help="随机种子 / random seed")] = 1,
) -> None:
    """把演示城市装入空的登记库 · Load the synthetic city into an empty registry."""
    bootstrap.django()
    bootstrap.require_key()
    from bangfu.demo import load

    started = time.monotonic()
    with show.Steps(1).step("装入演示城市", "Loading the demo city") as report:
        summary = load.fill(persons, seed=seed, progress=report)
    _table(summary)
    seconds = time.monotonic() - started
    show.say(
        f"已装入 {summary.counts['persons_collected']:,} 人、"
        f"{summary.counts['households']:,} 户（{seconds:.1f} 秒）",
        f"Loaded {summary.counts['persons_collected']:,} persons in"
        f" {summary.counts['households']:,} households ({seconds:.1f} s)",
    )


def _table(summary: Summary) -> None:
    from rich.table import Table

    table = Table(title=show.text("与公布数字对照", "Against the published figures"))
    for zh, en in (("指标", "figure"), ("演示", "demo"), ("公布（按规模）", "published, scaled"),
                   ("来源", "source")):  # fmt: skip
        table.add_column(show.text(zh, en), justify="left" if zh in {"指标", "来源"} else "right")
    for line in summary.lines():
        table.add_row(line.zh, f"{line.found:,}", f"{line.expected:,}", line.source)
    show.out.print(table)
    kinds = "，".join(f"{kind} {count}" for kind, count in sorted(summary.defects.items()))
    show.say(f"有意埋入的缺陷：{kinds}", f"Planted defects: {kinds}")


COMMANDS = {"demo-data": demo_data, "demo-load": demo_load}
