"""`bangfu backup` and `bangfu restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bangfu.config import bootstrap
from bangfu.config.cli import show


def backup(
    file: Annotated[Path | None, typer.Argument(help="备份文件 / archive to write")] = None,
) -> None:
    """备份数据库和文件 · Write the database and the files to one archive."""
    bootstrap.django()
    from bangfu.config import backup as work

    target = (file or Path(work.default_name())).absolute()
    with show.Steps(1).step("备份", "Backup") as report:
        archive = work.backup(target, report)
    size = target.stat().st_size / 1024**2
    show.say(
        f"已备份到 {target}（{size:.1f} MB，{len(archive.members)} 个文件）。"
        "数据密钥不在其中，请另行保管。",
        f"Saved to {target} ({size:.1f} MB, {len(archive.members)} files). "
        "The data key is not in it; keep it apart.",
    )


def restore(
    file: Annotated[Path, typer.Argument(help="备份文件 / archive to read")],
    replace: Annotated[
        bool, typer.Option("--replace", help="替换现有数据 / replace the present data")
    ] = False,
) -> None:
    """从备份恢复 · Put back what an archive holds, all or nothing."""
    bootstrap.django()
    from bangfu.config import backup as work

    with show.Steps(1).step("恢复", "Restore") as report:
        archive = work.restore(file.absolute(), report, replace=replace)
    show.say(
        f"已恢复到 {archive.made} 的状态（版本 {archive.version}）。请运行 bangfu migrate。",
        f"Restored to {archive.made} (version {archive.version}). Now run `bangfu migrate`.",
    )


COMMANDS = {"backup": backup, "restore": restore}
