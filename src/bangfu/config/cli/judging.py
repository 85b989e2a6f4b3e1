"""What `bangfu evaluate` does and says, without typer or, in a log file, rich."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bangfu.config.cli import show

if TYPE_CHECKING:
    from bangfu.policy.evaluating import EvaluationResult


def judge(
    snapshot: Path,
    pack: str,
    as_of: date,
    out: Path,
    *,
    county: list[str] | None = None,
    region: str | None = None,
    rule: list[str] | None = None,
    threads: int | None = None,
    memory_mb: int = 800,
    engine: str = "duckdb",
    spark_master: str | None = None,
    quiet: bool = False,
) -> None:
    """Evaluate and tell the result; `quiet` leaves out the table of rules.

    Raises what `policy.evaluate` raises.
    """
    from bangfu import policy

    with show.Steps(1).step("评估", "Evaluating") as report:
        result = policy.evaluate(
            snapshot, pack, as_of, out, counties=county, region=region, rules=rule,
            progress=report, threads=threads, memory_mb=memory_mb, engine=engine,
            spark_master=spark_master,
        )  # fmt: skip
    if not quiet:
        _counts(result)
    for entity, names in result.missing_columns.items():
        listed = "、".join(f"{entity}.{name}" for name in names)
        show.line(f"快照缺少字段 {listed}，依赖它们的规则为待定",
                  f"The snapshot lacks {listed}: rules that need them are undecided")  # fmt: skip
    show.line(
        f"{result.rows.get('person', 0):,} 人、{result.rows.get('household', 0):,} 户，"
        f"{result.seconds:.1f} 秒 → {out}",
        f"{result.rows.get('person', 0):,} persons, {result.rows.get('household', 0):,}"
        f" households, {result.seconds:.1f} s → {out}",
    )


def _counts(result: EvaluationResult) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table()
    for zh, en in (("规则", "rule"), ("名称", "title"), ("是", "yes"), ("否", "no"),
                   ("待定", "undecided"), ("金额", "amount")):  # fmt: skip
        table.add_column(show.text(zh, en), justify="left" if en in ("rule", "title") else "right")
    for rule, count in result.counts.items():
        table.add_row(
            rule, escape(result.titles[rule].show(show.lang())), f"{count.positive:,}",
            f"{count.negative:,}", f"{count.undecided:,}",
            f"{count.amount_sum:,.0f}" if count.amount_sum else "",
        )  # fmt: skip
    show.out.print(table)
