"""A procedure file as a `Procedure`; every fault is noted with its line, none stops the reading.

What only the whole shows (reachability, loops, roles, rules) is `checking`'s.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from bangfu.kernel import region
from bangfu.policy.pack import Text
from bangfu.policy.procedures import parts
from bangfu.policy.procedures.definition import (
    SUBJECTS,
    TONES,
    Actor,
    Branch,
    Calendar,
    Condition,
    Effect,
    End,
    Opening,
    Outcome,
    Procedure,
    Step,
)
from bangfu.policy.reader import Reader, place
from bangfu.policy.source import Node, SourceError, parse

_KEYS = ("id", "title", "subject", "cite", "note", "opening", "calendars", "actors", "forms",
         "steps", "ends", "remind_days", "escalate_days")  # fmt: skip
_STEP_KEYS = ("id", "title", "actor", "cite", "note", "due", "form", "review", "evidence",
              "signatures", "notice", "wait", "entries", "sampling", "returns", "not_by", "group",
              "bulk", "outcomes", "interpretation")  # fmt: skip
_OUTCOME_KEYS = ("id", "title", "tone", "to", "bare", "early", "reason", "items", "effects")
_ITEMS = ("all_met", "not_all_met")
LEVELS = (*region.LEVELS.values(),)
T = TypeVar("T")


def files(root: Path) -> list[Path]:
    """Procedure files of the pack at `root`."""
    return sorted((root / "procedures").glob("*.yaml"))


def read(
    text: str, shown: str, pack: str, documents: Iterable[str], reader: Reader
) -> Procedure | None:
    """The procedure in `text` (from the file `shown` of `pack`), None when there is nothing to
    read. Problems go to `reader`."""
    documents = tuple(documents)
    try:
        node = parse(text, shown)
    except SourceError as fault:
        reader.problems.append(fault.problem)
        return None
    if not reader.mapping(node, _KEYS, ("id", "title", "subject", "opening", "actors", "steps",
                                        "ends")):  # fmt: skip
        return None
    name = reader.string(node, "id")
    reader.rule = name
    found = Procedure(
        id=name,
        pack=pack,
        title=reader.text(node, "title"),
        subject=reader.choice(node, "subject", SUBJECTS, SUBJECTS[0]),
        cite=reader.cite(node, documents),
        opening=_opening(reader, node.get("opening")),
        calendars=_calendars(reader, node.get("calendars")),
        actors=_named(reader, node.get("actors"), _actor),
        forms=_named(reader, node.get("forms"), parts.form),
        steps={s.id: s for s in _steps(reader, documents, node.get("steps"))},
        ends=_named(reader, node.get("ends"), _end),
        hash=hashlib.sha256(text.encode()).hexdigest(),
        place=place(node),
        remind_days=parts.whole(reader, node, "remind_days", 7),
        escalate_days=parts.whole(reader, node, "escalate_days", 3),
    )
    reader.rule = None
    return found


def _named(
    reader: Reader, node: Node | None, make: Callable[[Reader, str, Node], T | None]
) -> dict[str, T]:
    if node is None:
        return {}
    if not node.is_map:
        reader.refuse(node, "not_mapping")
        return {}
    found: dict[str, T] = {}
    for name, child in node.items():
        _name(reader, name, child)
        made = make(reader, name, child)
        if made is not None:
            found[name] = made
    return found


def _name(reader: Reader, name: str, node: Node) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        reader.refuse(node, "bad_name", name=name)


def _opening(reader: Reader, node: Node | None) -> Opening:
    keys = ("actor", "form", "per", "enrols", "batched", "only")
    if node is None or not reader.mapping(node, keys, ("actor",)):
        return Opening("", ())
    actor = reader.string(node, "actor")
    batched = node.get("batched")
    return Opening(
        actor=actor,
        enrols=parts.words(reader, node, "enrols") or (actor,),
        form=reader.string(node, "form"),
        per=reader.choice(node, "per", LEVELS),
        batched=reader.flag(node, "batched") if batched is not None else True,
        only=parts.condition(reader, node.get("only")),
    )


def _calendars(reader: Reader, node: Node | None) -> tuple[Calendar, ...]:
    found = _named(reader, node, lambda r, name, n: Calendar(name, parts.title(r, n)))
    return tuple(found.values())


def _actor(reader: Reader, name: str, node: Node) -> Actor | None:
    if not reader.mapping(node, ("title", "roles", "level", "department"), ("title", "roles",
                                                                            "level")):  # fmt: skip
        return None
    return Actor(
        name, reader.text(node, "title"), parts.words(reader, node, "roles"),
        reader.choice(node, "level", LEVELS, LEVELS[0]), reader.string(node, "department"),
    )  # fmt: skip


def _end(reader: Reader, name: str, node: Node) -> End | None:
    if not reader.mapping(node, ("title", "tone", "restart"), ("title", "tone")):
        return None
    tone: Any = reader.choice(node, "tone", TONES, "neutral")
    return End(name, reader.text(node, "title"), tone, reader.string(node, "restart"))


def _steps(reader: Reader, documents: tuple[str, ...], node: Node | None) -> Iterable[Step]:
    seen: dict[str, Node] = {}
    for child in reader.children(node):
        if not reader.mapping(child, _STEP_KEYS, ("id", "title", "actor", "outcomes")):
            continue
        name = reader.string(child, "id")
        _name(reader, name, child)
        if name in seen:
            first = f"{seen[name].file}:{seen[name].line}"
            reader.refuse(child, "duplicate_id", id=name, first=first)
            continue
        seen[name] = child
        yield _step(reader, documents, name, child)


def _step(reader: Reader, documents: tuple[str, ...], name: str, node: Node) -> Step:
    return Step(
        id=name,
        title=reader.text(node, "title"),
        actor=reader.string(node, "actor"),
        outcomes=tuple(_outcomes(reader, node.get("outcomes"))),
        place=place(node),
        cite=reader.cite(node, documents),
        note=reader.text(node, "note") if node.get("note") else Text(""),
        due=parts.due(reader, node.get("due")),
        form=reader.string(node, "form"),
        review=reader.string(node, "review"),
        evidence=parts.evidence(reader, node.get("evidence")),
        signatures=parts.signatures(reader, node.get("signatures")),
        notice=parts.notice(reader, node.get("notice")),
        wait=parts.span(reader, node.get("wait")),
        entries=parts.entries(reader, node.get("entries")),
        sampling=parts.sampling(reader, node.get("sampling")),
        returns=parts.words(reader, node, "returns"),
        not_by=parts.words(reader, node, "not_by"),
        group=reader.choice(node, "group", LEVELS),
        bulk=reader.flag(node, "bulk"),
    )


def _outcomes(reader: Reader, node: Node | None) -> Iterable[Outcome]:
    for child in reader.children(node):
        if not reader.mapping(child, _OUTCOME_KEYS, ("id", "title", "to")):
            continue
        tone: Any = reader.choice(child, "tone", TONES, "pass")
        items: Any = reader.choice(child, "items", _ITEMS)
        yield Outcome(
            id=reader.string(child, "id"), title=reader.text(child, "title"), tone=tone,
            to=tuple(_branches(reader, child)), bare=reader.flag(child, "bare"),
            early=reader.flag(child, "early"), reason=reader.flag(child, "reason"), items=items,
            effects=tuple(_effects(reader, child.get("effects"))),
        )  # fmt: skip


def _branches(reader: Reader, node: Node) -> Iterable[Branch]:
    to = node.get("to")
    if to is not None and not to.is_list:
        yield Branch(reader.string(node, "to"), Condition())
        return
    for child in reader.children(to):
        if reader.mapping(child, ("to", "when"), ("to",)):
            yield Branch(reader.string(child, "to"), parts.condition(reader, child.get("when")))


def _effects(reader: Reader, node: Node | None) -> Iterable[Effect]:
    if node is None:
        return
    if not node.is_map:
        reader.refuse(node, "not_mapping")
        return
    for name, child in node.items():
        yield Effect(name, str(child.value))
