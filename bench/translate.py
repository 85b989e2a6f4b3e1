"""The rules of a pack on persons and households as a Python module of OpenFisca variables.

    python -m bench.translate PACK MODULE.py [RULE …]

The module is written once and imported by `openfisca_run`, as a country's package of rules is;
our side keeps its compiled program in the same way. Rules that are left out are named on
stderr with the reason.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bangfu.policy import load_pack
from bangfu.policy.book import Book, bind_all
from bangfu.policy.pack import Rule
from bench.columns import ENTITIES, Formula, Input, Left
from bench.formulas import Formulas

AS_OF = date(2016, 12, 31)
WIDE = ("criteria", "variables")
LONG = {"entitlement": "entitlements", "limit": "limits", "alert": "alerts", "criterion": "met"}
_HEAD = '''"""Written by bench.translate from pack {pack} at {as_of}. Do not edit."""

import numpy as np

from bench.openfisca_base import (
    all_child, all_of, any_child, any_of, count_of, f32, linked, max_of, min_of, rounded, sum_of,
)

'''


@dataclass(frozen=True)
class Translated:
    """What both sides can compute, what only ours can and why, and the module's text."""

    rules: tuple[str, ...]
    left: dict[str, str]
    source: str


def translate(pack: str | Path, as_of: date = AS_OF, only: Iterable[str] = ()) -> Translated:
    """The pack's rules in force at `as_of` (of them `only`, when given) for OpenFisca."""
    book = bind_all(load_pack(pack), as_of)
    book.inline_conditions()
    formulas, chosen = Formulas(book), frozenset(only)
    outputs: dict[str, list[tuple[str, str, str]]] = {
        name: [] for name in (*WIDE, *LONG.values())
    }  # fmt: skip
    rules: list[str] = []
    left: dict[str, str] = {}
    for rule in book.rules():
        if chosen and rule.id not in chosen:
            continue
        if rule.entity not in ENTITIES:
            left[rule.id] = f"on a {rule.entity}; OpenFisca's groups are made of persons"
            continue
        try:
            name = formulas.column(rule.entity, rule.id)
        except Left as why:
            left[rule.id] = str(why)
            continue
        rules.append(rule.id)
        outputs[_table(rule)].append((rule.id, rule.entity, name))
    for entity, name in book.pack.variables:
        if entity == "household" and (entity, name) in book.derived:
            outputs["variables"].append((name, entity, formulas.column(entity, name)))
    return Translated(tuple(rules), left, _module(book, formulas, outputs))


def _table(rule: Rule) -> str:
    wide = rule.kind == "criterion" and rule.entity == "household"
    return "criteria" if wide else LONG[rule.kind]


def _module(book: Book, formulas: Formulas, outputs: dict[str, list[tuple[str, str, str]]]) -> str:
    """Functions by variable, then what to read and write, and when a variable is done with."""
    order = [name for table in outputs.values() for _, _, name in table]
    reach = {name: _reach(formulas.made, name) for name in order}
    needed = {name: None for found in reach.values() for name in found}
    inputs = [formulas.inputs[name] for name in needed if name in formulas.inputs]
    made = [formulas.made[name] for name in needed if name in formulas.made]
    last = {name: index for index, root in enumerate(order) for name in reach[root]}
    release: list[list[str]] = [[] for _ in order]
    for name, index in last.items():
        release[index].append(name)
    lines = [_HEAD.format(pack=book.pack.id, as_of=book.as_of.isoformat())]
    lines += [_function(number, formula) for number, formula in enumerate(made)]
    table = [(f.name, f.entity, f.kind, f"v{n}") for n, f in enumerate(made)]
    lines.append("FORMULAS = [")
    lines += [f"    ({name!r}, {entity!r}, {kind}, {function}),"
              for name, entity, kind, function in table]  # fmt: skip
    lines.append("]\nINPUTS = [")
    lines += [f"    {_input(one, formulas)!r}," for one in inputs]
    lines.append("]\nOUTPUTS = {")
    lines += [f"    {name!r}: {found!r}," for name, found in outputs.items()]
    lines.append("}\n# Variables that nothing asks for after an output, in the outputs' order.")
    lines.append("DONE = [")
    lines += [f"    {names!r}," for names in release]
    lines.append("]\n")
    return "\n".join(lines)


def _function(number: int, formula: Formula) -> str:
    argument = formula.entity[0]
    return f"\ndef v{number}({argument}, t):\n    # {formula.name}\n    return {formula.text}\n"


def _input(one: Input, formulas: Formulas) -> tuple[object, ...]:
    codes = one.codes or tuple(formulas.words.get(one.name, ()))
    return one.name, one.entity, one.kind, one.table, one.column, codes, one.recorded


def _reach(made: dict[str, Formula], root: str) -> list[str]:
    """A variable and all that it rests on, what is needed first coming first."""
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in found and name in made:
            for used in made[name].uses:
                visit(used)
        found.setdefault(name)

    visit(root)
    return list(found)


def main() -> None:
    """Write the module."""
    pack, target, *only = sys.argv[1:]
    made = translate(pack, only=only)
    Path(target).write_text(made.source, encoding="utf-8")
    for rule, why in made.left.items():
        print(f"  left out: {rule}: {why}", file=sys.stderr)
    print(f"{len(made.rules)} rules, {len(made.left)} left out", file=sys.stderr)


if __name__ == "__main__":
    main()
