"""`bangfu policy check|test|coverage|diff`, `bangfu evaluate`, `bangfu explain`.

Reads packs and snapshots; only `explain` without --snapshot asks the registry. Exit code 1:
a pack has errors or a case failed; 2: refused.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from bangfu.config import bootstrap
from bangfu.config.cli import judging, show

if TYPE_CHECKING:
    from bangfu.policy.explanation import Explanation

app = typer.Typer(help=show.text("政策包：检查、案例、覆盖、比较。", "Policy packs."),
                  no_args_is_help=True)  # fmt: skip
AsOf = Annotated[str, typer.Option("--as-of", help="日期 / date, YYYY-MM-DD")]
PackId = Annotated[str, typer.Option("--pack", help="政策包 / pack id or directory")]


def day(text: str) -> date:
    """A date of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"YYYY-MM-DD: {text}") from None


@app.command()
def check(
    packs: Annotated[list[str] | None, typer.Argument(help="政策包 / packs (all)")] = None,
) -> None:
    """检查政策包，逐行列出错误 · Check packs, naming file, line, rule and reason."""
    from bangfu import policy
    from bangfu.policy.advice import advice
    from bangfu.policy.checking import check_pack
    from bangfu.policy.loading import pack_path

    total = 0
    for name in packs or policy.known_packs():
        pack_read, found = check_pack(pack_path(name))
        total += len(found)
        for problem in found:
            show.err.print(escape(problem.show(show.lang())), style="red")
            if told := advice(problem, pack_read, show.lang()):
                show.err.print(escape(f"    → {told}"))
        if not found:
            pack = policy.load_pack(name)
            rules = len(pack.rules) - len(pack.rules_of("duty"))
            show.say(
                f"{name}：无误（{rules} 条规则、{len(pack.rules_of('duty'))} 条责任、"
                f"{len(pack.parameters)} 个参数）{pack.hash[:12]}",
                f"{name}: no errors ({rules} rules, {len(pack.rules_of('duty'))} duties,"
                f" {len(pack.parameters)} parameters) {pack.hash[:12]}",
            )
    if total:
        show.err.print(show.text(f"{total} 处错误", f"{total} errors"))
        raise typer.Exit(1)


@app.command()
def test(
    files: Annotated[list[str] | None, typer.Argument(help="案例 / case files")] = None,
    pack: Annotated[str | None, typer.Option(help="只跑该政策包 / this pack only")] = None,
) -> None:
    """运行案例 · Run worked cases; prints `N passed, M failed`, exits 1 on a failure."""
    from bangfu import policy

    report = policy.run_cases(files or (), pack=pack)
    for failure in report.failures:
        show.out.print(escape(failure.show(show.lang())))
    show.out.print(report.summary)
    if report.failed:
        raise typer.Exit(1)


@app.command()
def coverage(
    catalogue: Annotated[Path | None, typer.Option(help="条款目录 / catalogue directory")] = None,
    cases: Annotated[
        bool, typer.Option("--cases", help="缺案例的规则 / rules that lack a worked case")
    ] = False,
    left: Annotated[bool, typer.Option(help="列出未写的 / list what is left")] = True,
) -> None:
    """条款覆盖：已计算、责任、未写；--cases 列出缺案例的规则 · Which catalogue rules are computed,
    duties or not yet; with --cases, which rules lack a case on a side of their threshold."""
    if cases:
        _lacking()
        return
    if catalogue is None:
        raise typer.BadParameter("--catalogue DIR / --cases")
    from rich.table import Table

    from bangfu import policy

    found = policy.coverage(catalogue)
    table = Table()
    heads = (("文件", "file"), ("条款", "rules"), ("已计算", "computed"), ("责任", "duty"),
             ("未写", "not yet"))  # fmt: skip
    for zh, en in heads:
        table.add_column(show.text(zh, en), justify="left" if en == "file" else "right")
    states = ("computed", "duty", "open")
    for file in found:
        table.add_row(file.name, str(len(file.entries)), *(str(file.count(s)) for s in states))
    sums = [sum(file.count(s) for file in found) for s in states]
    table.add_section()
    table.add_row(show.text("合计", "total"), str(sum(sums)), *map(str, sums))
    show.out.print(table)
    for file in found if left else ():
        for entry in file.left:
            title = entry.zh if show.lang() == "zh" else entry.en or entry.zh
            show.out.print(escape(f"{entry.id}  {title}"))


def _lacking() -> None:
    from bangfu.policy.casecover import lacking

    words = {"yes": ("符合的", "that it meets"), "no": ("不符合的", "that it does not")}
    found = lacking()
    for lack in found:
        sides = "、".join(show.text(*words[side]) for side in lack.sides)
        title = lack.rule.title.show(show.lang())
        show.out.print(escape(f"{lack.pack} {lack.rule.id} {title}: {sides}"))
    show.say(f"{len(found)} 条规则缺案例", f"{len(found)} rules lack a case")
    if found:
        raise typer.Exit(1)


@app.command()
def new(
    pack: Annotated[str, typer.Argument(help="新政策包的编号 / id of the new pack")],
    packs: Annotated[
        Path | None, typer.Option("--dir", help="放在哪个目录 / folder of packs")
    ] = None,
    extends: Annotated[str, typer.Option(help="承接哪个政策包 / pack it takes over")] = "hechi",
    region: Annotated[str, typer.Option(help="区划代码 / division code")] = "",
) -> None:
    """新建县级政策包：承接上级包，带注释和第一个案例 · Begin a county's pack that extends another."""
    from bangfu.policy import scaffold

    for file in scaffold.new_pack(pack, packs, extends, region):
        show.out.print(escape(str(file)))
    show.say(
        f"下一步：按文件中的注释填写，再运行 bangfu policy check {pack}",
        f"Next: follow the comments in the files, then bangfu policy check {pack}",
    )


@app.command()
def index() -> None:
    """更新网站政策库的检索 · Bring the site's policy library up to date with the packs."""
    bootstrap.django()
    from bangfu.access.scope import system_scope
    from bangfu.findings import library

    if library.refresh(system_scope()):
        show.say("政策库检索已更新", "The library's index was made anew")
    else:
        show.say("政策库检索已是最新", "The library's index is up to date")


@app.command()
def schema(
    out: Annotated[Path, typer.Option(help="目录 / folder")] = Path("packs/schema"),
) -> None:
    """写出政策包文件的 JSON Schema，供编辑器补全 · Write the JSON Schema that editors complete by."""
    from bangfu.policy import schema as shapes

    for file in shapes.write(out):
        show.out.print(escape(str(file)))


@app.command()
def diff(
    pack: PackId,
    start: Annotated[str, typer.Option("--from", help="日期 / date")],
    end: Annotated[str, typer.Option("--to", help="日期 / date")],
    snapshot: Annotated[
        Path | None, typer.Option(help="快照：谁受益、谁受损 / who gains, who loses")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="目录，或 .xlsx、.docx 文件 / directory or report")
    ] = None,
) -> None:
    """两个日期之间政策的不同 · What the pack says differently on two days, rule by rule.

    On a snapshot also: households and persons who gain and who lose, by how much, by county.
    """
    from bangfu import policy
    from bangfu.policy.simulating import amendment

    loaded = policy.load_pack(pack)
    plan = amendment(loaded, day(start), day(end))
    changes = policy.diff(loaded, day(start), day(end))
    words = {"begins": ("新增", "begins"), "ends": ("停止", "ends"), "changes": ("变更", "changes")}
    for change in changes:
        title = change.rule.title.show(show.lang())
        show.out.print(escape(f"{change.rule.id}  {show.text(*words[change.kind])}  {title}"))
        for part in change.changes:
            show.out.print(escape(f"    {part.what}: {part.before or '—'} → {part.after or '—'}"))
    show.say(f"{len(changes)} 条规则不同", f"{len(changes)} rules differ")
    if snapshot is not None:
        from bangfu.config.cli import simulation

        simulation.tell(simulation.compute(plan, snapshot, out))


def evaluate(
    snapshot: Annotated[Path, typer.Option(help="快照目录 / snapshot directory")],
    pack: PackId,
    as_of: AsOf,
    out: Annotated[Path, typer.Option(help="结果目录 / findings directory")],
    county: Annotated[list[str] | None, typer.Option(help="只算这些县 / these counties")] = None,
    region: Annotated[
        str | None, typer.Option(help="只算一个乡镇或村 / one township or village")
    ] = None,
    rule: Annotated[list[str] | None, typer.Option(help="只算这些规则 / these rules")] = None,
    threads: Annotated[int | None, typer.Option(help="线程 / threads")] = None,
    memory_mb: Annotated[int, typer.Option(help="内存上限 / memory limit, MB")] = 800,
    engine: Annotated[str, typer.Option(help="计算引擎 / duckdb or spark")] = "duckdb",
    spark_master: Annotated[
        str | None, typer.Option(help="Spark 地址 / spark://…, local[4]")
    ] = None,
    quiet: Annotated[bool, typer.Option(help="不列各规则 / no table of rules")] = False,
) -> None:
    """评估快照 · Judge a snapshot by a pack; findings as Parquet."""
    judging.judge(
        snapshot, pack, day(as_of), out, county=county, region=region, rule=rule, threads=threads,
        memory_mb=memory_mb, engine=engine, spark_master=spark_master, quiet=quiet,
    )  # fmt: skip


def explain(
    household: Annotated[str, typer.Option(help="户编号 / household number")],
    pack: PackId,
    as_of: AsOf,
    snapshot: Annotated[Path | None, typer.Option(help="快照目录 / snapshot directory")] = None,
    rule: Annotated[list[str] | None, typer.Option(help="只看这些规则 / these rules")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """逐条说明一户的结果与理由 · Explain one household, from a snapshot or the registry."""
    from bangfu import policy

    when = day(as_of)
    rows: Any = (
        policy.household_rows(snapshot, household) if snapshot else _registry(household, when)
    )
    found = policy.explain(
        policy.load_pack(pack), when, rows.household, rows.members, rows.village, rows.county,
        rows.township, rows.loans, kin=rows.kin,
    )  # fmt: skip
    if as_json:
        show.out.print_json(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        _tell(found, set(rule or ()))


def _registry(household: str, when: date) -> Any:
    bootstrap.django()
    from bangfu.access.scope import system_scope
    from bangfu.registry import queries

    return queries.rows(system_scope(), household, when.year, kin=True)


def _tell(found: Explanation, only: set[str]) -> None:
    words = {"met": "达标", "not_met": "未达标", "entitled": "享受", "not_entitled": "不享受",
             "flagged": "提醒", "not_flagged": "无", "undecided": "待定",
             "not_in_force": "未施行"}  # fmt: skip
    for variable in found.variables:
        if not only:
            show.out.print(escape(f"{variable.subject}  {variable.zh}：{variable.shown}"))
    for rule in found.rules:
        if (only and rule.id not in only) or (not only and rule.outcome == "not_in_force"):
            continue
        outcome = show.text(words[rule.outcome], rule.outcome)
        amount = f" {rule.amount} {rule.unit}" if rule.amount else ""
        title = rule.title if show.lang() == "zh" else rule.title_en
        show.out.print(escape(f"{rule.subject}  {rule.id} {title}：{outcome}{amount}"))
        for condition in rule.conditions:
            mark = {True: "✓", False: "✗", None: "?"}[condition.truth]
            label = condition.zh if show.lang() == "zh" else condition.en
            values = "，".join(f"{i.zh} {i.shown}" for i in condition.inputs if not i.subject)
            lacks = "、".join(condition.missing)
            tail = f"  缺 {lacks}" if lacks else ""
            show.out.print(escape(f"    {mark} {label}  {values}{tail}"))


COMMANDS = {"evaluate": evaluate, "explain": explain}
