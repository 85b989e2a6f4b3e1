"""The policy library: every rule and duty of every pack, found by words, document, kind,
department and day. The index is derived from the packs and made anew when their hash changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection, transaction
from django.db.models import F, Func, Q, QuerySet

from bangfu import audit
from bangfu.access.scope import Scope
from bangfu.findings import packs, words
from bangfu.findings.models import Clause
from bangfu.policy.pack import FAR, Pack, Rule

_LOCK = 0x6C696272  # taken while the index is made
_PARAMETER = re.compile(r"param\.([a-z][a-z0-9_]*)")
_YEAR = re.compile(r"20\d\d")
COMPUTED = ("entitlement", "criterion", "limit", "alert")


@dataclass(frozen=True)
class ClauseFilter:
    """What the library is narrowed by. Empty values narrow nothing.

    `kind` is one of the pack's, or "computed" for all but duties; `on` a day in force; `year`
    a year named in a duty's deadline.
    """

    q: str = ""
    pack: str = ""
    document: str = ""
    plan: str = ""
    kind: str = ""
    entity: str = ""
    department: str = ""
    on: date | None = None
    year: str = ""


def known(scope: Scope) -> list[Pack]:
    """The packs that load, in the order of their ids."""
    del scope  # policy is everybody's to read
    return [packs.get(pack_id) for pack_id, _title in packs.known()]


def refresh(scope: Scope) -> bool:
    """Make the index anew where a pack changed; whether anything had."""
    found = known(scope)
    wanted = {pack.id: pack.hash for pack in found}
    if dict(Clause.objects.values_list("pack", "pack_hash").distinct()) == wanted:
        return False
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])
        if dict(Clause.objects.values_list("pack", "pack_hash").distinct()) == wanted:
            return False
        with audit.event("library.indexed", actor=scope.actor, detail={"packs": sorted(wanted)}):
            Clause.objects.all().delete()
            for pack in found:
                Clause.objects.bulk_create(_clauses(pack), batch_size=500)
    return True


def _clauses(pack: Pack) -> Iterator[Clause]:
    for position, rule in enumerate(pack.rules.values()):
        paper = pack.documents.get(rule.cite.document)
        yield Clause(
            pack=pack.id, pack_hash=pack.hash, position=position, rule=rule.id,
            title=rule.title.zh[:200], title_en=rule.title.en[:300], kind=rule.kind,
            entity=rule.entity[:40], document=rule.cite.document,
            document_title=(paper.title if paper else rule.cite.source)[:200],
            plan=rule.programme[:60], section=rule.cite.section[:120], line=rule.cite.line,
            department=rule.department[:300],
            starts=rule.versions[0].start if rule.versions else None,
            ends=_end(rule), deadline=rule.deadline.zh[:200], measure=rule.measure.zh[:200],
            target=rule.target[:120], unit=_unit(rule), vector=words.vector(_texts(pack, rule)),
        )  # fmt: skip


def _end(rule: Rule) -> date | None:
    last = rule.versions[-1].end if rule.versions else FAR
    return None if last == FAR else last


def _unit(rule: Rule) -> str:
    return rule.unit or next((v.unit for v in reversed(rule.versions) if v.unit), "")


def _texts(pack: Pack, rule: Rule) -> Iterator[tuple[str, str]]:
    """The pack's own words about a rule, the telling ones first."""
    paper = pack.documents.get(rule.cite.document)
    plan = pack.programmes.get(rule.programme)
    yield f"{rule.id} {rule.title.zh} {rule.title.en}", "A"
    conditions = [c for version in rule.versions for c in version.when]
    yield " ".join(f"{c.title.zh} {c.title.en}" for c in conditions), "B"
    yield f"{rule.measure.zh} {rule.measure.en} {rule.deadline.zh} {rule.target}", "B"
    exprs = [c.expr.text for c in conditions]
    exprs += [version.amount.text for version in rule.versions if version.amount]
    names = dict.fromkeys(name for text in exprs for name in _PARAMETER.findall(text))
    read = [pack.parameters[name] for name in names if name in pack.parameters]
    yield " ".join(f"{p.name} {p.title.zh} {p.title.en}" for p in read), "B"
    yield f"{rule.department} {rule.reported_to}", "C"
    yield f"{paper.title} {paper.number}" if paper else rule.cite.source, "C"
    yield f"{rule.cite.section} {plan.zh if plan else ''}", "C"
    yield f"{rule.interpretation.zh} {rule.interpretation.en} {rule.note.zh}", "D"


def clauses(scope: Scope, f: ClauseFilter) -> QuerySet[Clause]:
    """Rules and duties that pass the filter: best first for words, else in pack order."""
    del scope  # policy is everybody's to read
    wanted = Q()
    for name in ("pack", "document", "plan", "entity"):
        if value := getattr(f, name):
            wanted &= Q(**{name: value})
    if f.kind:
        wanted &= Q(kind__in=COMPUTED) if f.kind == "computed" else Q(kind=f.kind)
    if f.department:
        wanted &= Q(department__contains=f.department)
    if f.on:
        open_end = Q(ends__isnull=True) | Q(ends__gte=f.on)
        wanted &= (Q(starts__isnull=True) | Q(starts__lte=f.on)) & open_end
    if f.year:
        wanted &= Q(deadline__contains=f.year)
    found = Clause.objects.filter(wanted).defer("vector")
    return _by_words(found, f.q.strip()) if f.q.strip() else found.order_by("id")


class _Asked(SearchQuery):
    """Words as they are: `to_tsquery` would cut them up again by its own lights."""

    def as_sql(self, compiler: Any, connection: Any, **_more: Any) -> Any:  # type: ignore[override]
        """The text as a tsquery."""
        return Func.as_sql(self, compiler, connection, template="(%(expressions)s)::tsquery")


def _by_words(found: QuerySet[Clause], text: str) -> QuerySet[Clause]:
    asked = words.query(text)
    plain = Q(title__icontains=text) | Q(rule__icontains=text)
    if not asked:
        return found.filter(plain).order_by("id")
    query = _Asked(asked, search_type="raw")
    return (
        found.filter(Q(vector=query) | plain)
        .annotate(rank=SearchRank(F("vector"), query))
        .order_by("-rank", "id")
    )


@dataclass(frozen=True)
class Choices:
    """What the filters may be set to: (value, label) each."""

    documents: list[tuple[str, str]]
    entities: list[str]
    departments: list[str]
    years: list[str]


def choices(scope: Scope, pack: str = "", kind: str = "") -> Choices:
    """Values that occur, of one pack where one is chosen."""
    found = clauses(scope, ClauseFilter(pack=pack, kind=kind)).order_by()
    departments: dict[str, int] = {}
    years: set[str] = set()
    for named, deadline in found.values_list("department", "deadline"):
        years.update(_YEAR.findall(deadline))
        for one in re.split(r"[、，,；;和及]", named):
            if 1 < len(one.strip()) < 16:
                departments[one.strip()] = departments.get(one.strip(), 0) + 1
    most = sorted(departments, key=lambda d: (-departments[d], d))
    return Choices(
        documents=sorted(set(found.values_list("document", "document_title"))),
        entities=sorted(set(found.values_list("entity", flat=True))),
        departments=most[:60],
        years=sorted(years),
    )
