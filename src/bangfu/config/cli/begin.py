"""`bangfu demo`: everything from an empty machine to a served city. `make demo` runs it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from bangfu.config import bootstrap
from bangfu.config.cli import server, show
from bangfu.config.environment import Environment

if TYPE_CHECKING:
    from bangfu.config.demo import Account


def demo(
    persons: Annotated[int | None, typer.Option(help="人数 / persons (PERSONS)")] = None,
    port: Annotated[int | None, typer.Option(help="端口 / port (PORT)")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="重新生成 / remove the old demo first")
    ] = False,
    serve: Annotated[bool, typer.Option(help="最后启动网站 / serve at the end")] = True,
) -> None:
    """建立演示城市、评估并启动网站 · Build a demo city, evaluate it, serve it."""
    env = Environment.read()
    persons, port = persons or env.persons, port or env.port
    if serve:  # said now, not after minutes of work
        server.listen(env.host, port).close()
    if not env.secret():
        bootstrap.make_key(env)
    steps = show.Steps(8 if fresh else 7)
    with steps.step("启动数据库", "Starting the database"):
        bootstrap.django()
        bootstrap.require_key()
    if fresh:
        with steps.step("清除原有演示数据", "Removing the old demo"):
            _wipe()
    with steps.step("建立数据库结构", "Making the tables"):
        bootstrap.migrate()
    from bangfu.config import demo as work

    work.refuse_real_data()
    with steps.step(f"生成并装入 {persons:,} 人", f"Loading {persons:,} persons") as report:
        work.load(persons, report)
    with steps.step("建立演示账号", "Making the accounts") as report:
        accounts = work.accounts(report)
    with steps.step("评估", "Evaluating") as report:
        work.evaluate(report)
    with steps.step("办理流程", "Procedures on their way") as report:
        work.procedures(report)
    with steps.step("督查抽查", "Inspections") as report:
        accounts += work.inspection(report)
    _say_size(persons, work.loaded_persons())
    _print(accounts, work.PASSWORD)
    if serve:
        os.environ["PORT"] = str(port)
        server.run_site(port=port)


def _wipe() -> None:
    """Real data is told from a demo's by today's tables: an older version's come up to date first."""
    from bangfu.config import demo as work

    bootstrap.migrate()
    work.refuse_real_data()
    work.wipe()


def _say_size(asked: int, found: int | None) -> None:
    if found is not None and found != asked:
        show.say(
            f"[yellow]已有一个 {found:,} 人的演示城市，继续使用；要重新生成：make demo FRESH=1[/]",
            f"[yellow]Using the demo city of {found:,} persons that is there; "
            "for a new one: make demo FRESH=1[/]",
        )


def _print(accounts: list[Account], password: str) -> None:
    from rich.table import Table

    table = Table(
        title=show.text(f"演示账号，密码都是 {password}", f"Accounts, password {password}")
    )
    for zh, en in (("账号", "account"), ("角色", "role"), ("区域", "region")):
        table.add_column(show.text(zh, en))
    for one in accounts:
        table.add_row(one.username, show.text(one.role_zh, one.role_en), one.region_name)
    show.out.print(table)


COMMANDS = {"demo": demo}
