"""Readers of a step's parts: deadlines, forms, evidence, signatures, notice, conditions."""

from __future__ import annotations

import re
from typing import Any

from bangfu.kernel import region
from bangfu.policy.pack import Text
from bangfu.policy.procedures.awarding import AMOUNT, PLANNED, SCHEDULE, SCHEDULES, Award
from bangfu.policy.procedures.definition import (
    FIELD_TYPES,
    Condition,
    Entries,
    Evidence,
    Form,
    FormField,
    Item,
    Notice,
    Option,
    Sampling,
    Signature,
    Span,
    YearDay,
)
from bangfu.policy.procedures.scorereading import scoring
from bangfu.policy.reader import Reader
from bangfu.policy.source import Node

_SPAN = ("days", "working_days", "months", "month_end", "after")
_DAY = re.compile(r"(?:\+([0-9])-)?([0-9]{2})-([0-9]{2}|end)")
_FIELD_KEYS = ("id", "zh", "en", "type", "required", "options", "unit", "min", "max", "prefill",
               "personal", "when")  # fmt: skip
_LEVELS = (*region.LEVELS.values(),)
_LONGEST = 100  # days of a notice, signatures, copies: more is a slip of the pen


def whole(reader: Reader, node: Node, key: str, default: int, *, least: int = 0) -> int:
    """A whole number not below `least`."""
    child = node.get(key)
    if child is None:
        return default
    value = child.value
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        reader.refuse(child, "bad_value", key=key, want=f"不小于 {least} 的整数",
                      want_en=f"a whole number, {least} or more", got=value)  # fmt: skip
        return default
    return value


def words(reader: Reader, node: Node, key: str) -> tuple[str, ...]:
    """A list of words; a single word is a list of one."""
    child = node.get(key)
    if child is None:
        return ()
    if isinstance(child.value, str):
        return (child.value,)
    return tuple(str(c.value) for c in reader.children(child))


def title(reader: Reader, node: Node) -> Text:
    """`{zh:, en:}` as the node itself, or its `title`."""
    if node.get("title") is not None:
        return reader.text(node, "title")
    if node.is_map:
        return Text(reader.string(node, "zh"), reader.string(node, "en"))
    return Text(str(node.value))


def condition(reader: Reader, node: Node | None) -> Condition:
    """`{name: value, name: [value, value]}`: all must hold."""
    if node is None:
        return Condition()
    if not node.is_map:
        reader.refuse(node, "not_mapping")
        return Condition()
    tests: list[tuple[str, tuple[Any, ...]]] = []
    for name, child in node.items():
        values = tuple(c.value for c in child) if child.is_list else (child.value,)
        tests.append((name, values))
    return Condition(tuple(tests))


def span(reader: Reader, node: Node | None) -> Span | None:
    """`{days: 3}`, `{working_days: 10, after: step}`, `{months: 12}`, `{month_end: true}`."""
    if node is None or not reader.mapping(node, _SPAN):
        return None
    return _span(reader, node)


def _span(reader: Reader, node: Node) -> Span:
    lengths = {k: whole(reader, node, k, 0, least=1) for k in ("days", "working_days", "months")}
    given = [k for k in lengths if node.get(k) is not None]
    month_end = reader.flag(node, "month_end")
    if len(given) > 1 or (not given and not month_end):
        reader.refuse(node, "span_length")
    return Span(
        months=lengths["months"], days=lengths["days"] or lengths["working_days"],
        working=bool(lengths["working_days"]), after=reader.string(node, "after"),
        month_end=month_end,
    )  # fmt: skip


def due(reader: Reader, node: Node | None) -> dict[str, YearDay | Span]:
    """Deadlines by calendar; '' = of every calendar."""
    if node is None:
        return {}
    if not node.is_map:
        found = _year_day(reader, node)
        return {"": found} if found else {}
    if any(key in _SPAN for key, _child in node.items()):
        length = span(reader, node)
        return {"": length} if length else {}
    by_calendar: dict[str, YearDay | Span] = {}
    for name, child in node.items():
        one = _year_day(reader, child) if not child.is_map else span(reader, child)
        if one is not None:
            by_calendar[name] = one
    return by_calendar


def _year_day(reader: Reader, node: Node) -> YearDay | None:
    match = _DAY.fullmatch(str(node.value))
    if match is not None:
        year, month, day = match.groups()
        last = 0 if day == "end" else int(day)
        longest = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
        if 1 <= int(month) <= 12 and last <= longest[int(month) - 1] and day != "00":
            return YearDay(int(year or 0), int(month), last)
    reader.refuse(node, "bad_year_day", got=node.value)
    return None


def form(reader: Reader, name: str, node: Node) -> Form | None:
    """A form: `title`, `annex`, `copies`, `fields`, `items`, `scoring`."""
    keys = ("title", "annex", "copies", "fields", "items", "scoring", "award")
    if not reader.mapping(node, keys, ("title",)):
        return None
    fields = [f for n in reader.children(node.get("fields")) if (f := _field(reader, n))]
    table, scored = scoring(reader, node.get("scoring"), {f.id for f in fields})
    items = []
    for child in reader.children(node.get("items")):
        if reader.mapping(child, ("id", "zh", "en", "rule", "behind"), ("id", "zh")):
            shown = Text(reader.string(child, "zh"), reader.string(child, "en"))
            items.append(Item(reader.string(child, "id"), shown, reader.string(child, "rule"),
                              words(reader, child, "behind")))  # fmt: skip
    award, reckoned = _award(reader, node.get("award"), {f.id for f in (*fields, *scored)})
    return Form(
        name, reader.text(node, "title"), reader.string(node, "annex"),
        (*fields, *scored, *reckoned), tuple(items), whole(reader, node, "copies", 1, least=1),
        table, award,
    )  # fmt: skip


def _award(
    reader: Reader, node: Node | None, taken: set[str]
) -> tuple[Award | None, tuple[FormField, ...]]:
    """`{plan:, on_time:, early:}` and the blanks that hold what is reckoned."""
    keys = ("plan", "on_time", "early")
    if node is None or not reader.mapping(node, keys, keys):
        return None, ()
    for name in sorted(taken & {PLANNED, SCHEDULE, AMOUNT}):
        reader.refuse(node, "award_twice", id=name)
    plan, *names = (reader.string(node, key) for key in keys)
    base, extra = (name.removeprefix("param.") for name in names)
    options = tuple(Option(value, shown) for value, shown in SCHEDULES.items())
    return Award(plan, base, extra), (
        FormField(PLANNED, Text("计划摘帽年度", "Planned year"), "int", False, computed=True),
        FormField(SCHEDULE, Text("对照滚动计划", "Against the rolling plan"), "choice", False,
                  options, computed=True),
        FormField(AMOUNT, Text("奖励金额", "Award"), "decimal", False, unit="元", computed=True),
    )  # fmt: skip


def _field(reader: Reader, node: Node) -> FormField | None:
    if not reader.mapping(node, _FIELD_KEYS, ("id", "zh", "type")):
        return None
    kind = reader.choice(node, "type", FIELD_TYPES, "text")
    options = tuple(
        Option(value, title(reader, child))
        for value, child in _options(reader, node.get("options"))
    )
    if kind in ("choice", "choices") and not options:
        reader.refuse(node, "choice_empty")
    needed = node.get("required")
    limit = {k: whole(reader, node, k, 0) if node.get(k) else None for k in ("min", "max")}
    return FormField(
        id=reader.string(node, "id"), type=kind, options=options,
        title=Text(reader.string(node, "zh"), reader.string(node, "en")),
        required=reader.flag(node, "required") if needed is not None else True,
        unit=reader.string(node, "unit"), minimum=limit["min"], maximum=limit["max"],
        prefill=reader.string(node, "prefill"), personal=reader.flag(node, "personal"),
        when=condition(reader, node.get("when")),
    )  # fmt: skip


def _options(reader: Reader, node: Node | None) -> list[tuple[str, Node]]:
    if node is None:
        return []
    if not node.is_map:
        reader.refuse(node, "not_mapping")
    return list(node.items())


def evidence(reader: Reader, node: Node | None) -> tuple[Evidence, ...]:
    """`[{id, zh, en, min, when}]`."""
    found = []
    for child in reader.children(node):
        if reader.mapping(child, ("id", "zh", "en", "min", "when"), ("id", "zh")):
            found.append(Evidence(
                reader.string(child, "id"), title(reader, child),
                whole(reader, child, "min", 1), condition(reader, child.get("when")),
            ))  # fmt: skip
    return tuple(found)


def signatures(reader: Reader, node: Node | None) -> tuple[Signature, ...]:
    """`[{id, zh, en, min, unless}]`."""
    found = []
    for child in reader.children(node):
        if reader.mapping(child, ("id", "zh", "en", "min", "unless"), ("id", "zh")):
            spared = child.get("unless")
            found.append(Signature(
                reader.string(child, "id"), title(reader, child),
                whole(reader, child, "min", 1),
                condition(reader, spared) if spared is not None else None,
            ))  # fmt: skip
    return tuple(found)


def notice(reader: Reader, node: Node | None) -> Notice | None:
    """`{title, days | working_days, place, level, objections_to, while_objected, annex}`."""
    keys = ("title", "days", "working_days", "place", "level", "objections_to", "while_objected",
            "annex", "list_annex", "copies")  # fmt: skip
    needed = ("title", "place", "level", "objections_to")
    if node is None or not reader.mapping(node, keys, needed):
        return None
    stops = reader.choice(node, "while_objected", ("stop", "run"), "stop") == "stop"
    length = _span(reader, node)
    if length.days > _LONGEST:
        reader.refuse(node, "bad_value", key="days", want=f"不超过 {_LONGEST}",
                      want_en=f"at most {_LONGEST}", got=length.days)  # fmt: skip
    return Notice(
        title=reader.text(node, "title"), span=length, place=reader.text(node, "place"),
        level=reader.choice(node, "level", _LEVELS, "village"),
        objections_to=reader.string(node, "objections_to"), stops=stops,
        annex=reader.string(node, "annex"), copies=whole(reader, node, "copies", 1, least=1),
        list_annex=reader.string(node, "list_annex"),
    )  # fmt: skip


def entries(reader: Reader, node: Node | None) -> Entries | None:
    """`{title, form, actor, min, evidence}`."""
    keys = ("title", "form", "actor", "min", "evidence")
    if node is None or not reader.mapping(node, keys, ("title", "form", "actor")):
        return None
    return Entries(
        reader.text(node, "title"), reader.string(node, "form"), reader.string(node, "actor"),
        whole(reader, node, "min", 1), evidence(reader, node.get("evidence")),
    )  # fmt: skip


def sampling(reader: Reader, node: Node | None) -> Sampling | None:
    """`{title, form, actor, across, share}`."""
    keys = ("title", "form", "actor", "across", "share")
    if node is None or not reader.mapping(node, keys, ("title", "form", "actor")):
        return None
    return Sampling(
        reader.text(node, "title"), reader.string(node, "form"), reader.string(node, "actor"),
        reader.choice(node, "across", _LEVELS), min(100, whole(reader, node, "share", 0)),
    )  # fmt: skip
