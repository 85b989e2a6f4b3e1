"""What the command line says and how: language, problems in red, steps with progress.

rich is loaded when something is to be coloured or drawn: a log file does without.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from bangfu.kernel.problems import Problem

if TYPE_CHECKING:
    from rich.console import Console

    out: Console
    err: Console

LOG_SECONDS = 30  # between the lines of a long step in a log file
# Set by those who want colours, or a terminal's progress, where there is none (rich).
_FORCED = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


def __getattr__(name: str) -> Any:
    """`out` and `err`, the consoles, made when they are first asked for."""
    if name not in ("out", "err"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from rich.console import Console

    made = Console(stderr=name == "err", highlight=False, soft_wrap=True)
    return globals().setdefault(name, made)


def _consoles() -> Any:
    """This module as others see it, its consoles included."""
    return sys.modules[__name__]


def _logging() -> bool:
    """Whether output goes to a file or pipe, by what can be told without rich."""
    return not sys.stdout.isatty() and not any(os.environ.get(name) for name in _FORCED)


def lang() -> str:
    """`zh` or `en`: --lang, else BANGFU_LANG, else Chinese."""
    return "en" if os.environ.get("BANGFU_LANG", "zh").lower() == "en" else "zh"


def text(zh: str, en: str) -> str:
    """The text in the language of this run."""
    return zh if lang() == "zh" else en


def say(zh: str, en: str) -> None:
    """Print a line in the language of this run."""
    _consoles().out.print(text(zh, en))


def line(zh: str, en: str) -> None:
    """Print a line in the language of this run as it is, without markup."""
    print(text(zh, en), flush=True)


def problem(fault: Problem) -> None:
    """Print a refusal: what is wrong, what to do, and the code to quote."""
    from rich.markup import escape

    err = _consoles().err
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
        plain = _logging() or not _consoles().out.is_terminal
        yield from _lines(title) if plain else _bar(title)


def _lines(title: str) -> Iterator[Report]:
    """A log file: a line at the start and the end, some between."""
    print(title, flush=True)
    told = time.monotonic()

    def report(done: int, total: int, message: str = "") -> None:
        nonlocal told
        if time.monotonic() - told > LOG_SECONDS:
            told = time.monotonic()
            print(f"    {done:,}/{total:,} {message}".rstrip(), flush=True)

    yield report
    print(f"    {text('完成', 'done')}", flush=True)


def _bar(title: str) -> Iterator[Report]:
    """A terminal: a bar that grows."""
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[message]}"),
    )
    with Progress(*columns, console=_consoles().out) as bar:
        task = bar.add_task(escape(title), total=None, message="")

        def report(done: int, total: int, message: str = "") -> None:
            bar.update(task, completed=done, total=total, message=escape(message))

        yield report
        ended = bar.tasks[0].total or 1
        bar.update(task, completed=ended, total=ended, message="")
