"""`bangfu simulate`, and what `bangfu policy diff --snapshot` adds: effects on a snapshot.

Needs neither Django nor a database. Exit code 2: refused.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from bangfu.config.cli import show
from bangfu.config.cli.policy import AsOf, PackId, day

if TYPE_CHECKING:
    from bangfu.policy.simulating import Plan

FILES = (".xlsx", ".docx")


def simulate(
    snapshot: Annotated[Path, typer.Option(help="快照目录 / snapshot directory")],
    pack: PackId,
    as_of: AsOf,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="改参数 / NAME=VALUE or NAME@REGION=VALUE"),
    ] = None,
    off: Annotated[list[str] | None, typer.Option(help="停用规则 / rule switched off")] = None,
    on: Annotated[list[str] | None, typer.Option(help="启用规则 / rule switched on")] = None,
    out: Annotated[
        Path | None, typer.Option(help="目录，或 .xlsx、.docx 文件 / directory or report")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="现行政策的评估结果 / findings to compare with")
    ] = None,
    county: Annotated[list[str] | None, typer.Option(help="只算这些县 / these counties")] = None,
    threshold: Annotated[
        int, typer.Option(min=1, help="少于此户数不公布 / smallest count shown")
    ] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """模拟：改参数或规则，比较前后覆盖、资金、退出和贫困程度 · What if: before and after."""
    from bangfu import policy
    from bangfu.policy import changes, simulating

    _require_kind(out)
    loaded, when = policy.load_pack(pack), day(as_of)
    changed = changes.read(loaded, when, set_ or (), off or (), on or ())
    plan = simulating.simulation(loaded, when, changed)
    result = compute(plan, snapshot, out, baseline=baseline, counties=county, threshold=threshold)
    if as_json:
        _as_json(result)
    else:
        tell(result)


def compute(
    plan: Plan, snapshot: Path, out: Path | None, *, baseline: Path | None = None,
    counties: list[str] | None = None, threshold: int = 10,
) -> dict[str, Any]:  # fmt: skip
    """Run the plan with progress; a report or a directory of everything at `out`."""
    from bangfu.policy import simulating

    _require_kind(out)
    with _work(out) as work, show.Steps(1).step("评估现行与模拟", "Judging both") as report:
        result = simulating.run(
            plan, snapshot, work, baseline=baseline, counties=counties, threshold=threshold,
            progress=report,
        )  # fmt: skip
    if out is not None:
        _write(result, out)
        show.say(f"已写入 {out}", f"Written to {out}")
    return result


def _require_kind(out: Path | None) -> None:
    from bangfu.policy import problems

    if out is not None and out.suffix and out.suffix not in FILES and not out.is_dir():
        raise problems.REPORT_KIND(out=str(out))


@contextmanager
def _work(out: Path | None) -> Iterator[Path]:
    """Where the findings lie: in the directory asked for, else in one that goes away."""
    if out is not None and out.suffix not in FILES:
        out.mkdir(parents=True, exist_ok=True)
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="bangfu-simulate-") as folder:
        yield Path(folder)


def _write(result: Mapping[str, Any], out: Path) -> None:
    from bangfu.findings.reports import writing

    lang, names = show.lang(), place_names()
    if out.suffix in FILES:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(writing.write(result, out.suffix[1:], names=names, lang=lang))
        return
    for kind in writing.KINDS:
        file = out / f"report.{kind}"
        file.write_bytes(writing.write(result, kind, names=names, lang=lang))


def place_names() -> dict[str, str]:
    """Names of the divisions, from the project's own data file."""
    text = (files("bangfu.registry") / "data" / "hechi_divisions.csv").read_text(encoding="utf-8")
    return {row["code"]: row["name"] for row in csv.DictReader(text.splitlines())}


def _as_json(result: Mapping[str, Any]) -> None:
    import json

    show.out.print_json(json.dumps(result, ensure_ascii=False))


def tell(result: Mapping[str, Any]) -> None:
    """The tables of the whole, but for the long ones, which are in the files."""
    from rich.console import Console
    from rich.table import Table as Grid

    from bangfu.findings.reports.tables import Tables, shown

    tables = Tables(result, "", place_names(), show.lang())
    # In a log file columns are not cut.
    screen = show.out if show.out.is_terminal else Console(width=200, highlight=False)
    for table in (tables.changes(), tables.summary(), *_counties(tables), tables.ready(),
                  tables.poverty(), tables.bands("yuan"), _moved(tables.rules())):  # fmt: skip
        if not table.rows:
            continue
        grid = Grid(title=escape(table.title), title_justify="left")
        for at, head in enumerate(table.heads):
            right = any(row.cells[at].numeric for row in table.rows)
            grid.add_column(escape(head), justify="right" if right else "left")
        for row in table.rows:
            grid.add_row(*(escape(shown(cell)) for cell in row.cells))
        screen.print(grid)
        for note in table.notes:
            screen.print(escape(note), style="dim")


def _counties(tables: Any) -> list[Any]:
    """The table by county with as many columns as a terminal holds."""
    from dataclasses import replace

    keep = (0, 1, 3, 4, 9, 10, 11, 13, 14, 16)
    table = next((t for t in tables.groups() if t.key == "by_county"), None)
    if table is None:
        return []
    rows = tuple(replace(r, cells=tuple(r.cells[i] for i in keep)) for r in table.rows)
    return [replace(table, heads=tuple(table.heads[i] for i in keep), rows=rows)]


def _moved(table: Any) -> Any:
    """Of the rules, those that came out otherwise."""
    from dataclasses import replace

    def moved(row: Any) -> bool:
        cells = [(c.value, c.withheld) for c in row.cells[4:]]
        return any(cells[at] != cells[at + 1] for at in (0, 2, 4))

    return replace(table, rows=tuple(row for row in table.rows if moved(row)))


COMMANDS = {"simulate": simulate}
