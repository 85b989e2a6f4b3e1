"""The command line's grammar: typer applications of the modules that hold the commands.

Apart from `main`, because typer, rich and pydantic take half a second of a processor to load.
"""

from __future__ import annotations

import os
from types import ModuleType
from typing import Annotated, Any

import typer

from bangfu.config.cli import show
from bangfu.config.cli.main import GROUPS


def build(modules: list[ModuleType]) -> typer.Typer:
    """The command line made of the commands of `modules`."""
    app = typer.Typer(
        name="bangfu",
        help=show.text(
            "帮扶：精准扶贫数据平台。", "bangfu: data platform for targeted poverty alleviation."
        ),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    app.callback()(_root)
    for module in modules:
        _add(app, module)
    return app


def _root(
    lang: Annotated[
        str, typer.Option("--lang", help="zh / en", envvar="BANGFU_LANG", show_default=False)
    ] = "zh",
) -> None:
    if lang not in {"zh", "en"}:
        raise typer.BadParameter("zh / en")
    os.environ["BANGFU_LANG"] = lang


def _add(app: typer.Typer, module: ModuleType) -> None:
    commands: dict[str, Any] = getattr(module, "COMMANDS", {})
    for name, command in commands.items():
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    own = getattr(module, "app", None)
    if isinstance(own, typer.Typer) and own not in commands.values():
        short = module.__name__.rpartition(".")[2]
        app.add_typer(own, name=short if short in GROUPS else None)
