"""The rules of a run as pages need them: kept with the run, so that an old run is shown with
the wording it was judged by. No database here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bangfu.policy.pack import Pack, Rule


@dataclass(frozen=True)
class RuleInfo:
    """One rule: its titles, kind, whom it is about, whose duty it is, where it stands."""

    id: str
    zh: str
    en: str
    kind: str
    entity: str
    department: str
    components: tuple[str, ...] = ()
    unit: str = ""
    period: str = ""
    programme: str = ""
    document: str = ""
    section: str = ""
    line: int | None = None
    note: str = ""
    in_force: bool = True

    def title(self, lang: str = "zh") -> str:
        """Title in `lang`, Chinese where there is no English."""
        return self.en if lang == "en" and self.en else self.zh

    def to_json(self) -> dict[str, Any]:
        """For the run's row."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> RuleInfo:
        """The reverse."""
        return cls(**{**raw, "components": tuple(raw.get("components", ()))})


@dataclass(frozen=True)
class RuleSet:
    """Rules of a run in pack order. `exit_rule` is the exit standard's composite, '' if none."""

    rules: tuple[RuleInfo, ...]
    exit_rule: str = ""

    @cached_property
    def by_id(self) -> dict[str, RuleInfo]:
        """Rules by id."""
        return {r.id: r for r in self.rules}

    def __iter__(self) -> Iterator[RuleInfo]:
        return iter(self.rules)

    def __bool__(self) -> bool:
        return bool(self.rules)

    def of(self, *kinds: str) -> list[RuleInfo]:
        """Rules of some kinds; all where none is named."""
        return [r for r in self.rules if not kinds or r.kind in kinds]

    @property
    def criteria(self) -> list[str]:
        """Ids of the household criteria in force on the run's day."""
        return [r.id for r in self.of("criterion") if r.entity == "household" and r.in_force]

    @property
    def exit_items(self) -> list[RuleInfo]:
        """The items of the exit standard (八有一超: nine), in its order."""
        top = self.by_id.get(self.exit_rule)
        return [self.by_id[i] for i in top.components if i in self.by_id] if top else []

    @property
    def exit_tree(self) -> list[str]:
        """Ids of the exit standard and of everything it is made of."""
        return list(tree(self.by_id, self.exit_rule)) if self.exit_rule else []

    def seen_by(self, department: str | None) -> RuleSet:
        """The rules that people of `department` may see; all for None."""
        if department is None:
            return self
        kept = tuple(r for r in self.rules if responsible(department, r.department))
        return RuleSet(kept, self.exit_rule if self.exit_rule in {r.id for r in kept} else "")


def tree(rules: dict[str, RuleInfo], top: str) -> Iterable[str]:
    """`top` and its components, theirs, and so on; each once."""
    seen: dict[str, None] = {}
    waiting = [top]
    while waiting:
        rule = waiting.pop(0)
        if rule in rules and rule not in seen:
            seen[rule] = None
            waiting.extend(rules[rule].components)
    return seen


# The alleviation office is the office of the leading group.
_ALSO = {"扶贫办": ("扶贫开发领导小组", "扶贫开发办公室")}


def responsible(department: str, named: str) -> bool:
    """Whether `department` (an account's) is among those that a rule names: 教育局 is in
    市教育局、市财政局."""
    plain = named.replace("和", "")
    return any(word.replace("和", "") in plain for word in (department, *_ALSO.get(department, ())))


def exit_rule_of(rules: Iterable[RuleInfo]) -> str:
    """The exit standard: the household criterion made of others and part of none, '' if none.
    Where there are several, the one with the most items."""
    found = [r for r in rules if r.kind == "criterion" and r.entity == "household"]
    parts = {c for r in found for c in r.components}
    tops = [r for r in found if r.components and r.id not in parts]
    return max(tops, key=lambda r: len(r.components)).id if tops else ""


def of_pack(pack: Pack, as_of: date) -> RuleSet:
    """The evaluated rules of a pack on a day (duties are not evaluated)."""
    rules = tuple(_info(pack, r, as_of) for r in pack.rules.values() if r.kind != "duty")
    return RuleSet(rules, exit_rule_of(rules))


def _info(pack: Pack, rule: Rule, as_of: date) -> RuleInfo:
    version = rule.at(as_of)
    last = version or (rule.versions[-1] if rule.versions else None)
    paper = pack.documents.get(rule.cite.document)
    return RuleInfo(
        id=rule.id, zh=rule.title.zh, en=rule.title.en, kind=rule.kind, entity=rule.entity,
        department=rule.department, components=tuple(rule.components),
        unit=last.unit if last else "", period=last.period if last else "",
        programme=rule.programme, document=paper.title if paper else rule.cite.source,
        section=rule.cite.section, line=rule.cite.line, note=rule.interpretation.zh,
        in_force=version is not None,
    )  # fmt: skip
