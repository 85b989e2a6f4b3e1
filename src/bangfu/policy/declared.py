"""What a pack declares about its rules beside the rules: which exclude each other or add up
(`overlaps.yaml`), and where the papers contradict each other (`contradictions.yaml`).

Read by `loading` with everything else; `overlaps` compiles the former, pages show both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bangfu import dictionary
from bangfu.policy.pack import PERIODS, Cite, Pack, Place, Rule, Text
from bangfu.policy.reader import Reader, place
from bangfu.policy.source import Node, SourceError, read

OVERLAP_KINDS = ("exclusive", "stacking", "cap")
BASES = ("stated", "inferred")
NATURES = ("rule", "amount", "date", "figure", "wording", "scope")
SOURCES = {"claims": ("entitlement",), "candidates": ("criterion", "alert")}
OVERLAP_KEYS = ("id", "title", "kind", "per", "of", "period", "rules", "most", "cap", "basis", "cite",
                "note")  # fmt: skip
CONTRADICTION_KEYS = ("id", "title", "nature", "says", "treatment", "switch", "rules", "note")
SAYING_KEYS = ("cite", "says", "rules")
NO_TEXT = Text("")
OVERLAP_NEEDS = ("id", "title", "kind", "per", "rules")
CONTRADICTION_NEEDS = ("id", "title", "nature", "says", "treatment")
SAYING_NEEDS = ("cite", "says")
SAYING_CITE_NEEDS = ("document",)
SAYING_CITE_KEYS = ("pack", "document", "section", "line")


@dataclass(frozen=True)
class Overlap:
    """Rules that exclude each other, add up, or share a ceiling.

    `per` names whose claims are compared: an entity; for household also its members' rules.
    exclusive: at most one of `rules`; with `most`, at most so many awards of them altogether.
    cap: their sum over a year is at most the parameter `cap`. stacking: they add up, and it
    says so. `basis`: the text states it, or it is inferred from a shared aim. `of`: entitlements
    are compared, or the candidates whom criteria and alerts name.
    """

    id: str
    title: Text
    kind: str
    per: str
    rules: tuple[str, ...]
    cite: Cite
    place: Place
    pack: str
    period: str = ""
    most: int = 0
    cap: str = ""
    basis: str = "stated"
    of: str = "claims"
    note: Text = NO_TEXT


@dataclass(frozen=True)
class Saying:
    """What one clause says; `pack` is empty for a clause of the pack itself."""

    cite: Cite
    says: Text
    pack: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contradiction:
    """Clauses that cannot both be followed to the letter, and what the pack does about it.

    `switch` names the parameter or variable that turns to the other reading, '' if none.
    """

    id: str
    title: Text
    nature: str
    says: tuple[Saying, ...]
    treatment: Text
    place: Place
    pack: str
    switch: str = ""
    rules: tuple[str, ...] = ()
    note: Text = NO_TEXT

    @property
    def all_rules(self) -> tuple[str, ...]:
        """Ids of every rule it touches, each once."""
        found = (*self.rules, *(rule for saying in self.says for rule in saying.rules))
        return tuple(dict.fromkeys(found))


def read_overlaps(reader: Reader, pack: Pack, root: Node) -> tuple[Overlap, ...]:
    """The groups of `overlaps.yaml`; problems go to the reader."""
    found: dict[str, Overlap] = {}
    for node in reader.children(root):
        if not reader.mapping(node, OVERLAP_KEYS, OVERLAP_NEEDS):
            continue
        one = _overlap(reader, pack, node)
        if one.id in found or any(one.id == above.id for above in pack.overlaps):
            reader.refuse(node, "duplicate_id", id=one.id, first=root.file)
            continue
        found[one.id] = one
    return tuple(found.values())


def _overlap(reader: Reader, pack: Pack, node: Node) -> Overlap:
    kind = reader.choice(node, "kind", OVERLAP_KINDS, "exclusive")
    rules = _names(reader, node, "rules")
    most = node.get("most")
    if most is not None and (not isinstance(most.value, int) or most.value < 1):
        reader.refuse(most, "bad_value", key="most", want="不小于 1 的整数",
                      want_en="a whole number of 1 or more", got=str(most.value))  # fmt: skip
        most = None
    if kind == "cap" and node.get("cap") is None:
        reader.refuse(node, "missing_key", key="cap")
    for key, only in (("cap", "cap"), ("most", "exclusive")):
        if kind != only and (child := node.get(key)) is not None:
            reader.refuse(child, "kind_refuses", kind=kind, key=key)
    if len(rules) < 2 and kind != "cap" and most is None:
        reader.refuse(node, "overlap_alone")
    return Overlap(
        id=reader.string(node, "id"), title=reader.text(node, "title"), kind=kind,
        per=reader.choice(node, "per", dictionary.ENTITIES, "person"), rules=rules,
        cite=reader.cite(node, pack.documents), place=place(node), pack=pack.id,
        period=reader.choice(node, "period", PERIODS), most=most.value if most else 0,
        cap=reader.string(node, "cap").removeprefix("param."),
        basis=reader.choice(node, "basis", BASES, "stated"),
        of=reader.choice(node, "of", SOURCES, "claims"), note=reader.text(node, "note"),
    )  # fmt: skip


def read_contradictions(reader: Reader, pack: Pack, root: Node) -> tuple[Contradiction, ...]:
    """The entries of `contradictions.yaml`; problems go to the reader."""
    found: dict[str, Contradiction] = {}
    for node in reader.children(root):
        if not reader.mapping(node, CONTRADICTION_KEYS, CONTRADICTION_NEEDS):
            continue
        says = tuple(
            _saying(reader, pack, child) for child in reader.children(node.get("says"))
            if reader.mapping(child, SAYING_KEYS, SAYING_NEEDS)
        )  # fmt: skip
        if len(says) < 2:
            reader.refuse(node, "contradiction_alone")
        one = Contradiction(
            id=reader.string(node, "id"), title=reader.text(node, "title"),
            nature=reader.choice(node, "nature", NATURES), says=says,
            treatment=reader.text(node, "treatment"), place=place(node), pack=pack.id,
            switch=reader.string(node, "switch"), rules=_names(reader, node, "rules"),
            note=reader.text(node, "note"),
        )  # fmt: skip
        if one.id in found or any(one.id == above.id for above in pack.contradictions):
            reader.refuse(node, "duplicate_id", id=one.id, first=root.file)
            continue
        found[one.id] = one
    return tuple(found.values())


def _saying(reader: Reader, pack: Pack, node: Node) -> Saying:
    cited = node.get("cite")
    other = ""
    if cited is not None and reader.mapping(cited, SAYING_CITE_KEYS, SAYING_CITE_NEEDS):
        other = reader.string(cited, "pack")
    documents: Iterable[str] = pack.documents
    if cited is not None and other and other != pack.id:
        documents = _documents_of(reader, cited, pack.root.parent / other)
        cited = Node({k: v for k, v in cited.items() if k != "pack"}, cited.line, cited.file)
    whole = Node({**node.value, "cite": cited}, node.line, node.file)
    return Saying(
        reader.cite(whole, documents), reader.text(node, "says"),
        other if other != pack.id else "", _names(reader, node, "rules"),
    )  # fmt: skip


def _documents_of(reader: Reader, node: Any, root: Path) -> list[str]:
    """Documents of a pack beside this one, read from its head alone."""
    try:
        head = read(root / "pack.yaml")
    except SourceError:
        reader.refuse(node, "parent_pack", pack=root.name)
        return []
    documents = head.get("documents")
    return [name for name, _ in documents.items()] if documents else []


def _names(reader: Reader, node: Node, key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(child.value) for child in reader.children(node.get(key))))


def check_declared(reader: Reader, pack: Pack) -> None:
    """What is declared speaks of rules and parameters that there are, and can be computed."""
    for group in pack.overlaps:
        for name in group.rules:
            rule = pack.rules.get(name)
            if rule is None:
                reader.refuse(group.place, "unknown_rule", id=name)
            elif group.kind != "stacking" and not _gathered(group, rule):
                reader.refuse(group.place, "overlap_kind", id=name, kind=rule.kind, of=group.of,
                              known="、".join(SOURCES[group.of]))  # fmt: skip
            elif not _comparable(group.per, rule.entity):
                reader.refuse(group.place, "overlap_entity", id=name, entity=rule.entity,
                              per=group.per)  # fmt: skip
        if group.cap:
            _check_cap(reader, pack, group)
    names = {name for _, name in pack.variables} | pack.parameters.keys()
    for entry in pack.contradictions:
        own = (*entry.rules, *(r for s in entry.says if not s.pack for r in s.rules))
        for name in own:
            if name not in pack.rules and pack.formula(name) is None:
                reader.refuse(entry.place, "unknown_rule", id=name)
        if entry.switch and entry.switch not in names:
            reader.refuse(entry.place, "unknown_parameter", name=entry.switch, hint="", hint_en="")


def _check_cap(reader: Reader, pack: Pack, group: Overlap) -> None:
    parameter = pack.parameters.get(group.cap)
    if parameter is None:
        reader.refuse(group.place, "unknown_parameter", name=group.cap, hint="", hint_en="")
    elif any(value.county_kind for value in parameter.values):
        reader.refuse(group.place, "cap_by_kind", name=group.cap)


def _gathered(group: Overlap, rule: Rule) -> bool:
    """Whether the rule's rows are written where the group looks."""
    wide = rule.kind == "criterion" and rule.entity == "household"
    return rule.kind in SOURCES[group.of] and not wide


def _comparable(per: str, entity: str) -> bool:
    return entity == per or (per == "household" and entity == "person")
