"""One rule of `programmes/*.yaml` into a `pack.Rule`, with the shape its kind asks for."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, cast

from bangfu import dictionary
from bangfu.policy.pack import (
    AMOUNT_KINDS,
    FAR,
    KINDS,
    PERIODS,
    UNITS,
    Condition,
    Expr,
    Kind,
    Pack,
    Rule,
    Text,
    Version,
)
from bangfu.policy.reader import Reader, place
from bangfu.policy.source import Node

RULE_KEYS = (
    "id", "title", "kind", "entity", "cite", "department", "versions", "components",
    "interpretation", "note", "deadline", "measure", "target", "unit", "reported_to", "from", "to",
    "in_kind", "supersedes",
)  # fmt: skip
VERSION_KEYS = ("from", "to", "when", "amount", "unit", "period", "cite", "note",
                 "interpretation")  # fmt: skip
CONDITION_KEYS = ("zh", "en", "expr", "note")
RULE_NEEDS = ("id", "title", "kind", "entity", "cite")
VERSION_NEEDS = ("from",)
CONDITION_NEEDS = ("zh", "expr")
DUTY_NEEDS = ("department", "deadline", "measure")
_DUTY_ONLY = ("deadline", "measure", "target", "reported_to")
_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def valid_name(name: str) -> bool:
    """Whether it may name a parameter, variable or pack."""
    return bool(NAME.match(name))


def read_rule(reader: Reader, pack: Pack, node: Node, programme: str) -> Rule | None:
    """The rule, or None when it cannot even be named. Problems go to the reader."""
    known_id = node.get("id")
    reader.rule = str(known_id.value) if known_id is not None else None
    if not reader.mapping(node, RULE_KEYS, RULE_NEEDS):
        return None
    rule_id, kind = reader.string(node, "id"), reader.choice(node, "kind", KINDS)
    if not kind or not rule_id:
        return None
    if not _ID.match(rule_id):
        reader.refuse(node, "bad_choice", key="id", got=rule_id, known="A-Z a-z 0-9 . _ -")
        return None
    duty = kind == "duty"
    entity = reader.string(node, "entity")
    if not duty and entity not in dictionary.ENTITIES:
        if entity:
            reader.refuse(node.value["entity"], "bad_choice", key="entity", got=entity,
                          known="、".join(dictionary.ENTITIES))  # fmt: skip
        return None
    _shape(reader, node, kind)
    in_kind = reader.flag(node, "in_kind")
    components = tuple(str(child.value) for child in reader.children(node.get("components")))
    return Rule(
        id=rule_id,
        title=reader.text(node, "title"),
        kind=cast("Kind", kind),
        entity=entity,
        cite=reader.cite(node, pack.documents),
        department=reader.text(node, "department").zh,
        versions=()
        if duty
        else _versions(reader, pack, node, "in_kind" if in_kind else kind, bool(components)),
        place=place(node),
        pack=pack.id,
        programme=programme,
        components=components,
        interpretation=reader.text(node, "interpretation"),
        note=reader.text(node, "note"),
        deadline=reader.text(node, "deadline"),
        measure=reader.text(node, "measure"),
        target=reader.text(node, "target").zh,
        reported_to=reader.text(node, "reported_to").zh,
        in_kind=in_kind,
        unit=reader.choice(node, "unit", UNITS),
        supersedes=tuple(str(child.value) for child in reader.children(node.get("supersedes"))),
    )


def _shape(reader: Reader, node: Node, kind: str) -> None:
    if kind == "duty":
        for key in DUTY_NEEDS:
            if node.get(key) is None:
                reader.refuse(node, "kind_needs", kind=kind, key=key)
        refused: tuple[str, ...] = ("versions", "components")
    else:
        refused = _DUTY_ONLY
        if node.get("versions") is None:
            reader.refuse(node, "missing_key", key="versions")
    if kind != "entitlement":
        refused = (*refused, "in_kind")
    for key in refused:
        if (child := node.get(key)) is not None:
            reader.refuse(child, "kind_refuses", kind=kind, key=key)


def versioned(reader: Reader, nodes: list[Node]) -> list[tuple[Node, date, date]]:
    """Each node with its first and last day; an open end is the day before the next begins."""
    dated = []
    for node in nodes:
        if node.is_map and (start := reader.day(node, "from")) is not None:
            end = reader.day(node, "to")
            if end is not None and end < start:
                reader.refuse(node, "version_backwards", start=start, to=end)
            dated.append((node, start, end))
    for (_, before, _), (late, start, _) in pairwise(dated):
        if start < before:  # a later entry is an amendment of those above it
            reader.refuse(late, "amendment_before", start=start, before=before)
    dated.sort(key=lambda item: item[1])
    found = []
    for index, (node, start, given) in enumerate(dated):
        following = dated[index + 1][1] if index + 1 < len(dated) else None
        until = following - timedelta(days=1) if following else FAR
        end = given if given is not None else max(until, start)
        if following is not None and (start == following or end >= following):
            reader.refuse(
                dated[index + 1][0], "overlapping_versions",
                first=start.isoformat(), second=following.isoformat(),
            )  # fmt: skip
            end = max(until, start)
        found.append((node, start, end))
    return found


def _versions(
    reader: Reader, pack: Pack, node: Node, kind: str, composite: bool
) -> tuple[Version, ...]:
    children = reader.children(node.get("versions"))
    if not children and node.get("versions") is not None:
        reader.refuse(node, "no_versions")
    for child in children:
        if reader.mapping(child, VERSION_KEYS, VERSION_NEEDS):
            _version_shape(reader, child, kind, composite)
    found = []
    for child, start, end in versioned(reader, children):
        if start < pack.start:
            reader.refuse(child, "version_before_pack", start=start, pack=pack.start)
        found.append(_version(reader, pack, child, start, end))
    return tuple(found)


def _version_shape(reader: Reader, node: Node, kind: str, composite: bool) -> None:
    amounts = ("amount", "unit", "period")
    needed = {"entitlement": amounts, "limit": amounts[:2]}.get(kind, ())
    for key in needed:
        if node.get(key) is None:
            reader.refuse(node, "kind_needs", kind=kind, key=key)
    for key in () if kind in AMOUNT_KINDS else amounts:
        if (child := node.get(key)) is not None:
            reader.refuse(child, "kind_refuses", kind=kind, key=key)
    if kind != "limit" and not composite and not reader.children(node.get("when")):
        reader.refuse(node, "kind_needs", kind=kind, key="when")


def _version(reader: Reader, pack: Pack, node: Node, start: date, end: date) -> Version:
    amount: Any = node.get("amount")
    return Version(
        start=start,
        end=end,
        when=tuple(
            condition for child in reader.children(node.get("when"))
            if (condition := _condition(reader, child)) is not None
        ),
        place=place(node),
        amount=Expr(reader.expression(node, "amount"), place(amount)) if amount else None,
        unit=reader.choice(node, "unit", UNITS),
        period=reader.choice(node, "period", PERIODS),
        cite=reader.cite(node, pack.documents) if node.get("cite") else None,
    )  # fmt: skip


def _condition(reader: Reader, node: Node) -> Condition | None:
    if not reader.mapping(node, CONDITION_KEYS, CONDITION_NEEDS):
        return None
    expr = node.get("expr")
    if expr is None:
        return None
    title = reader.text(node, "zh")
    return Condition(
        Text(title.zh, reader.string(node, "en")),
        Expr(reader.expression(node, "expr"), place(expr)),
    )
