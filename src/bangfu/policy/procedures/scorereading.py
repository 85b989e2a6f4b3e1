"""Reader of a form's `scoring`: its groups, items, points; what is wrong with it, by line.

scoring:
  id: score
  title: {zh: 评分, en: Score}
  max: 100
  lines: [{id: line, zh: 分数线, en: Line, at_most: param.score_line}]
  groups:
    - {id: see, zh: 二看, en: See, max: 40, items: [{id: house, zh: 住房, en: House,
       options: {none: {zh: 无房, en: None, points: 0}}}]}
"""

from __future__ import annotations

from decimal import Decimal

from bangfu.policy.pack import Text
from bangfu.policy.procedures.definition import FormField, Option
from bangfu.policy.procedures.scoring import Group, Line, Points, Scoring
from bangfu.policy.reader import Reader
from bangfu.policy.source import Node

_TABLE = ("id", "title", "max", "groups", "lines", "poorest")
_GROUP = ("id", "zh", "en", "max", "items")
_ITEM = ("id", "zh", "en", "options", "points", "required")
_LINE = ("id", "zh", "en", "at_most", "at_least")
_MOST = Decimal(10_000)
_YES_NO = ((Text("是", "Yes"), "yes"), (Text("否", "No"), "no"))


def scoring(
    reader: Reader, node: Node | None, taken: set[str]
) -> tuple[Scoring | None, tuple[FormField, ...]]:
    """The table of `node` and its blanks: the items and, last, the total. `taken` are the
    form's other blanks."""
    if node is None or not reader.mapping(node, _TABLE, ("id", "title", "max", "groups")):
        return None, ()
    seen = set(taken)
    name, title = reader.string(node, "id"), reader.text(node, "title")
    _once(reader, node, name, seen)
    groups, blanks, full = [], [], Decimal(0)
    for child in reader.children(node.get("groups")):
        made = _group(reader, child, seen)
        if made is not None:
            groups.append(made[0])
            blanks += made[1]
            full += made[2]
    if not blanks:
        reader.refuse(node, "score_no_items", name=title.zh)
    maximum = _points(reader, node, "max")
    _within(reader, node, title.zh, full, maximum)
    lines = [line for n in reader.children(node.get("lines")) if (line := _line(reader, n))]
    low_first = reader.choice(node, "poorest", ("lowest", "highest"), "lowest") == "lowest"
    most = maximum if maximum is not None else Decimal("Infinity")  # missing: refused above
    table = Scoring(name, title, most, tuple(groups), tuple(lines), low_first)
    held = FormField(name, title, "decimal", required=False, unit="分", computed=True)
    return table, (*blanks, held)


def _once(reader: Reader, node: Node, name: str, seen: set[str]) -> None:
    if name in seen:
        reader.refuse(node, "score_twice", id=name)
    seen.add(name)


def _within(reader: Reader, node: Node, name: str, full: Decimal, maximum: Points | None) -> None:
    """Refuse points that add up to more than the maximum; parameters are judged when set."""
    if isinstance(maximum, Decimal) and full > maximum:
        reader.refuse(node, "score_over", name=name, points=full, max=maximum)


def _group(
    reader: Reader, node: Node, seen: set[str]
) -> tuple[Group, list[FormField], Decimal] | None:
    """A group, its items, the most points that the file's own numbers give."""
    if not reader.mapping(node, _GROUP, ("id", "zh", "items")):
        return None
    name = reader.string(node, "id")
    _once(reader, node, f"group {name}", seen)
    title = Text(reader.string(node, "zh"), reader.string(node, "en"))
    blanks, full = [], Decimal(0)
    for child in reader.children(node.get("items")):
        if not reader.mapping(child, _ITEM, ("id", "zh")):
            continue
        _once(reader, child, reader.string(child, "id"), seen)
        blank = _item(reader, child)
        blanks.append(blank)
        numbers = [o.points for o in blank.options if isinstance(o.points, Decimal)]
        full += max(numbers, default=Decimal(0))
    if not blanks:
        reader.refuse(node, "score_no_items", name=title.zh)
    maximum = _points(reader, node, "max") if node.get("max") is not None else None
    _within(reader, node, title.zh, full, maximum)
    return Group(name, title, tuple(b.id for b in blanks), maximum), blanks, full


def _item(reader: Reader, node: Node) -> FormField:
    title = Text(reader.string(node, "zh"), reader.string(node, "en"))
    given, options = node.get("options"), []
    if (given is None) == (node.get("points") is None):
        reader.refuse(node, "score_item", name=title.zh)
    elif given is None:  # worth its points when it applies, nothing when not
        worth = _points(reader, node, "points")
        options = [Option(value, words, worth if value == "yes" else Decimal(0))
                   for words, value in _YES_NO]  # fmt: skip
    elif not given.is_map or not list(given.items()):
        reader.refuse(node, "score_empty", name=title.zh)
    else:
        for value, child in given.items():
            if reader.mapping(child, ("zh", "en", "points"), ("zh", "points")):
                said = Text(reader.string(child, "zh"), reader.string(child, "en"))
                options.append(Option(value, said, _points(reader, child, "points")))
        shown = [o.title.zh for o in options]
        for twice in {w for w in shown if shown.count(w) > 1}:
            reader.refuse(node, "score_twice", id=twice)
    needed = reader.flag(node, "required") if node.get("required") is not None else True
    return FormField(reader.string(node, "id"), title, "choice", needed, tuple(options))


def _points(reader: Reader, node: Node, key: str) -> Points | None:
    """A number with two places at most, or `param.name`."""
    child = node.get(key)
    if child is None:
        return None
    value = child.value
    if isinstance(value, str) and value.startswith("param."):
        return value.removeprefix("param.")
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        number = Decimal(value)
        if abs(number) <= _MOST and not number % Decimal("0.01"):
            return number
    reader.refuse(child, "bad_value", key=key, want="分值（最多两位小数）或 param.参数名",
                  want_en="points with two places at most, or param.name", got=value)  # fmt: skip
    return None


def _line(reader: Reader, node: Node) -> Line | None:
    if not reader.mapping(node, _LINE, ("id", "zh")):
        return None
    most, least = node.get("at_most") is not None, node.get("at_least") is not None
    if most == least:
        reader.refuse(node, "score_line")
        return None
    at = _points(reader, node, "at_most" if most else "at_least")
    title = Text(reader.string(node, "zh"), reader.string(node, "en"))
    return Line(reader.string(node, "id"), title, at, most) if at is not None else None
