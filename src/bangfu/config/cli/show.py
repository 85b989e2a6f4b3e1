"""What the command line says and how: language, problems in red, steps with progress."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bangfu.kernel.problems import Problem

LOG_SECONDS = 30  # between the lines of a long step in a log file
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def lang() -> str:
    """`zh` or `en`: --lang, else BANGFU_LANG, else Chinese."""
    return "en" if os.environ.get("BANGFU_LANG", "zh").lower() == "en" else "zh"


def text(zh: str, en: str) -> str:
    """The text in the language of this run."""
    return zh if lang() == "zh" else en


def say(zh: str, en: str) -> None:
    """Print a line in the language of this run."""
    out.print(text(zh, en))


def problem(fault: Problem) -> None:
    """Print a refusal: what is wrong, what to do, and the code to quote."""
    err.print(f"[bold red]{escape(fault.message(lang()))}[/]")
    err.print(escape(fault.advice(lang())))
    err.print(f"[dim]{fault.code}[/]")


class Report(Protocol):
    """What a step is told by."""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Show `done` of `total`, and what is being done."""


class Steps:
    """A numbered list of long steps, each with its own progress and time."""

    def __init__(self, total: int) -> None:
        self.total, self.number = total, 0

    @contextmanager
    def step(self, zh: str, en: str) -> Iterator[Report]:
        """One step; call what it gives with (done, total, message) as work goes on."""
        self.number += 1
        title = f"[{self.number}/{self.total}] {text(zh, en)}"
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[message]}"),
        )
        if not out.is_terminal:  # a log file: a line at the start and the end, some between
            out.print(escape(title))
        with Progress(*columns, console=out, disable=not out.is_terminal) as bar:
            task = bar.add_task(escape(title), total=None, message="")
            told = time.monotonic()

            def report(done: int, total: int, message: str = "") -> None:
                nonlocal told
                bar.update(task, completed=done, total=total, message=escape(message))
                if not out.is_terminal and time.monotonic() - told > LOG_SECONDS:
                    told = time.monotonic()
                    out.print(escape(f"    {done:,}/{total:,} {message}".rstrip()))

            yield report
            ended = bar.tasks[0].total or 1
            bar.update(task, completed=ended, total=ended, message="")
        if not out.is_terminal:
            out.print(f"    {text('完成', 'done')}")
