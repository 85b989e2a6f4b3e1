"""What a bound rule reads: parameters and pack variables, through variables and aggregates,
but not through other rules (those answer for themselves)."""

from __future__ import annotations

from collections.abc import Iterator

from bangfu.policy import ir
from bangfu.policy.book import Book
from bangfu.policy.pack import Rule


def everything(book: Book, node: ir.Node) -> Iterator[ir.Node]:
    """Every node of an expression and of the variables it reads."""
    for leaf in ir.walk(node):
        yield leaf
        if isinstance(leaf, ir.Var) and (leaf.entity, leaf.name) in book.pack.variables:
            yield from everything(book, book.derived[leaf.entity, leaf.name].expr)
        elif isinstance(leaf, ir.Agg):
            yield from everything(book, leaf.where)
            if leaf.value is not None:
                yield from everything(book, leaf.value)


def nodes_of(book: Book, rule: Rule) -> Iterator[ir.Node]:
    """Every node of a rule's conditions and amount."""
    for name in (*book.conditions.get(rule.id, ()), rule.id):
        if (rule.entity, name) in book.derived:
            yield from everything(book, book.derived[rule.entity, name].expr)


def parameters_of(book: Book, rule: Rule) -> dict[str, list[ir.Param | ir.Unset]]:
    """Parameters a rule reads, by name, with the nodes they stand as."""
    found: dict[str, list[ir.Param | ir.Unset]] = {}
    for node in nodes_of(book, rule):
        if isinstance(node, ir.Param | ir.Unset) and node not in found.setdefault(node.name, []):
            found[node.name].append(node)
    return found


def variables_of(book: Book, rule: Rule) -> list[tuple[str, str]]:
    """Pack variables a rule reads."""
    return list(
        dict.fromkeys(
            (node.entity, node.name) for node in nodes_of(book, rule)
            if isinstance(node, ir.Var) and (node.entity, node.name) in book.pack.variables
        )
    )  # fmt: skip


def gathers(book: Book, node: ir.Node) -> bool:
    """Whether a value depends on rows below its own (members, households, villages)."""
    for leaf in ir.walk(node):
        if isinstance(leaf, ir.Agg):
            return True
        if isinstance(leaf, ir.Var) and gathers(book, book.derived[leaf.entity, leaf.name].expr):
            return True
    return False
