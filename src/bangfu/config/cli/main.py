"""The `bangfu` command: finds the module that holds the asked command and runs it.

A module in this folder offers `COMMANDS`, a dict of name to function (or to a typer.Typer
for a group of commands). Modules import Django and anything heavy inside their functions,
after `bootstrap.django()`; only the module that is needed is imported, so `bangfu policy
test` starts neither Django nor PostgreSQL, and `bangfu evaluate`, plainly asked, not even
typer (`quick`). A refusal is printed with its code and the next
step, and exits 2.
"""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from bangfu.config import problems
from bangfu.config.cli import quick, show
from bangfu.kernel.problems import Problem

if TYPE_CHECKING:
    import typer

# Which module holds which command; one that is not listed is found by looking in all.
HOMES = {
    "policy": "policy",
    "evaluate": "policy",
    "explain": "policy",
    "run": "findings",
    "simulate": "simulation",
    "demo-data": "demo",
    "demo-load": "demo",
    "import": "collect",
    "import-template": "collect",
    "snapshot": "registry",
    "records": "registry",
    "serve": "server",
    "worker": "server",
    "migrate": "server",
    "key": "server",
    "demo": "begin",
    "doctor": "doctor",
    "audit": "audit",
    "remind": "remind",
    "backup": "backup",
    "restore": "backup",
}
GROUPS = {"policy"}  # modules whose `app` is a group under the module's own name
_NOT_COMMANDS = {"__init__", "grammar", "judging", "main", "quick", "show"}


def build(modules: list[ModuleType]) -> typer.Typer:
    """The command line made of the commands of `modules`."""
    from bangfu.config.cli import grammar

    return grammar.build(modules)


def _modules(words: list[str]) -> list[ModuleType]:
    here = Path(__file__).parent
    present = sorted(p.stem for p in here.glob("*.py") if p.stem not in _NOT_COMMANDS)
    asked = next((w for w in words if w in HOMES), None)
    # Only a word in the place of the command counts: `bangfu import policy` is an import.
    first = next((w for w in words if not w.startswith("-") and w not in {"zh", "en"}), None)
    if asked is not None and asked == first and HOMES[asked] in present:
        return [import_module(f"bangfu.config.cli.{HOMES[asked]}")]
    return [import_module(f"bangfu.config.cli.{name}") for name in present]


def _as_problem(fault: Exception) -> Problem | None:
    """A refusal for faults of the machine that a person can mend: disk full, no database."""
    if isinstance(fault, Problem):
        return fault
    if isinstance(fault, OSError) and fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        return problems.DISK_FULL(path=fault.filename or "—")
    psycopg = sys.modules.get("psycopg")
    if psycopg is None:
        return None
    inner: BaseException | None = fault
    while inner is not None:
        if isinstance(inner, psycopg.errors.DiskFull):
            return problems.DISK_FULL(path="PostgreSQL")
        if isinstance(inner, psycopg.OperationalError):
            return problems.DATABASE_UNREACHABLE(reason=str(inner).strip())
        inner = inner.__cause__
    return None


def main() -> None:
    """Entry point of the console script."""
    words = sys.argv[1:]
    for position, word in enumerate(words):
        if word == "--lang" and position + 1 < len(words):
            os.environ["BANGFU_LANG"] = words[position + 1]  # help texts are made at import
    try:
        if (asked := quick.evaluation(words)) is not None:
            from bangfu.config.cli.judging import judge

            judge(**asked)
        else:
            build(_modules(words))()
    except Exception as fault:
        refusal = _as_problem(fault)
        if refusal is None:
            raise
        show.problem(refusal)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
