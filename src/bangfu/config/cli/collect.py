"""`bangfu import` and `bangfu import-template`: files into the registry from the terminal."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bangfu.config import bootstrap
from bangfu.config.cli import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bangfu.access.scope import Scope
    from bangfu.collect.models import Batch


def import_files(
    files: Annotated[list[Path], typer.Argument(help=".xlsx，或户、人两个 .csv")],
    registry: Annotated[bool, typer.Option("--registry", help="导入登记库 / the registry")] = False,
    year: Annotated[int, typer.Option(help="年度 / registration year")] = 0,
    encoding: Annotated[str, typer.Option(help="auto / utf-8 / gb18030")] = "auto",
    apply: Annotated[
        bool, typer.Option("--apply", help="校验通过后写入 / write when valid")
    ] = False,
    only_valid: Annotated[
        bool, typer.Option("--only-valid", help="只导入通过校验的行 / write the valid rows only")
    ] = False,
    user: Annotated[str, typer.Option(help="以该用户的权限导入 / act as this user")] = "",
    out: Annotated[
        Path | None, typer.Option(help="标注文件的目录 / where the marked file goes")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="列出错误并标注 / list and mark errors")
    ] = True,
) -> None:
    """校验并导入 Excel、CSV · Check a file, report its errors, and import it.

    退出码 1：有未通过校验的行（--only-valid 除外）。Exits 1 when rows were refused.
    """
    if not registry:
        raise typer.BadParameter(show.text("请写明 --registry", "say --registry"))
    bootstrap.django()
    bootstrap.require_key()
    from bangfu.collect import commands, queries

    scope = _scope(user)
    given = [commands.Given(path.name, _pieces(path)) for path in _present(files)]
    batch = commands.receive(scope, given, year or queries.default_year(), encoding=encoding)
    steps = show.Steps(2 if apply else 1)
    with steps.step("校验", "Checking") as told:
        batch = commands.check(scope, batch.pk, told, marked=report)
    _table(batch)
    if report:
        _list_faults(batch)
        _save_marked(scope, batch, out or files[0].parent)
    if _decided(batch, apply, only_valid):
        with steps.step("写入", "Writing") as told:
            batch = commands.apply(scope, batch.pk, told, only_valid=only_valid)
        show.say(f"批次 {batch.pk} 已导入。", f"Import {batch.pk} is applied.")
    else:
        commands.release(scope, batch.pk)
    if batch.total("refused") and not (apply and only_valid):
        raise typer.Exit(1)


def _decided(batch: Batch, apply: bool, only_valid: bool) -> bool:
    """Whether to write, and if not, why, said to the person."""
    if not apply:
        show.say("没有写入任何数据；确认后加 --apply。", "Nothing was written; add --apply.")
    elif batch.total("refused") and not only_valid:
        show.say(
            "有未通过校验的行，没有写入任何数据。更正后重新导入，或加 --only-valid。",
            "Rows were refused: nothing was written. Correct them, or add --only-valid.",
        )
    elif not batch.total("new") + batch.total("changed"):
        show.say("文件内容与登记库一致，没有需要写入的变化。", "Nothing differs from the registry.")
    else:
        return True
    return False


def _scope(user: str) -> Scope:
    from bangfu.access.models import User
    from bangfu.access.scope import scope_of, system_scope

    if not user:
        return system_scope()
    found = User.objects.filter(username=user, is_active=True).first()
    if found is None:
        raise typer.BadParameter(show.text(f"没有用户 {user}", f"no user {user}"))
    return scope_of(found)


def _present(files: list[Path]) -> list[Path]:
    for path in files:
        if not path.is_file():
            raise typer.BadParameter(show.text(f"没有文件 {path}", f"no such file: {path}"))
    return files


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while data := stream.read(1 << 20):
            yield data


def _table(batch: Batch) -> None:
    title = show.text(f"批次 {batch.pk}：{batch.title}（{batch.year} 年度）", batch.title)
    table = Table(title=escape(title))
    heads = ("", "合计", "新增", "变更", "无变化", "未通过", "提醒")
    english = ("", "rows", "new", "changed", "unchanged", "refused", "warned")
    for head in heads if show.lang() == "zh" else english:
        table.add_column(head, justify="right")
    names = {"household": show.text("户", "households"), "person": show.text("人", "persons")}
    for name, counts in batch.counts.items():
        order = ("total", "new", "changed", "unchanged", "refused", "warned")
        table.add_row(names[name], *(f"{counts[c]:,}" for c in order))
    show.out.print(table)


def _list_faults(batch: Batch) -> None:
    from bangfu.collect import queries

    for line in queries.summary(batch)[:20]:
        mark = "[red]✗[/]" if line["level"] == "error" else "[yellow]![/]"
        what = escape(f"{line['zh']}：{line['text']}")
        show.out.print(f"  {mark} {line['rows']:>7,}  {what}")
    for issue in queries.issues_of(batch)[:10]:
        row = queries.opened(issue)
        for fault in row.faults:
            where = f"{row.sheet} 第 {row.row_no} 行 {fault.zh}"
            show.out.print(escape(f"    {where} “{fault.value}”：{fault.text}；{fault.advice}"))


def _save_marked(scope: Scope, batch: Batch, folder: Path) -> None:
    from bangfu.collect import queries

    if not batch.marked:
        return
    name, _, content = queries.marked_file(scope, batch.pk)
    target = folder / name
    with content, target.open("wb") as file:
        shutil.copyfileobj(content, file)
    show.say(f"错误已标注在 {target}", f"Errors are marked in {target}")


def import_template(
    out: Annotated[Path, typer.Argument(help="写到 / file to write")] = Path("登记库导入模板.xlsx"),
) -> None:
    """生成导入模板 · Write the workbook to fill in."""
    from bangfu.collect import template

    out.write_bytes(template.workbook())
    show.say(f"模板已写到 {out}", f"Template written to {out}")


COMMANDS = {"import": import_files, "import-template": import_template}
