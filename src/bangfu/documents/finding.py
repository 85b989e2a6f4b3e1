"""What is known of whatever a document is about: names, counts, findings, answers of forms.

Everything is read inside the scope, some hundred subjects at a time. Names on documents that
hang in public are masked here, so that no writer ever holds them in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from bangfu import dictionary
from bangfu.access import crypto, mask
from bangfu.access.scope import Scope
from bangfu.documents import judged, places
from bangfu.findings import packs
from bangfu.findings import queries as findings
from bangfu.policy.documents import definition as d
from bangfu.policy.documents.checking import fields, load
from bangfu.policy.documents.filling import Values
from bangfu.policy.procedures.definition import Procedure
from bangfu.policy.procedures.library import procedures
from bangfu.procedures.models import Batch, Case
from bangfu.registry import queries as registry
from bangfu.registry.models import Household, HouseholdYear, Village
from bangfu.registry.queries import HouseholdFilter

from bangfu.documents import problems  # isort: skip

CHUNK = 500
PASS = "pass"  # noqa: S105 - the tone of an outcome


@dataclass(frozen=True)
class Wanted:
    """Which papers: a document of a pack, a place, a year; of a batch, or of one subject, or
    (neither) of whom the current run finds ready."""

    document: str
    pack: str
    region_code: str
    year: int
    batch: int | None = None
    subject: str = ""
    phone: str = ""


class Source:
    """The document `wanted` names and everything that fills it."""

    def __init__(self, scope: Scope, wanted: Wanted) -> None:
        pack = packs.get(wanted.pack)
        self.known = load(pack)
        if wanted.document not in self.known:
            raise problems.UNKNOWN(pack=wanted.pack[:40], document=wanted.document[:40])
        self.document = self.known[wanted.document]
        scope.require("procedure.view")
        if self.document.personal == "full":
            scope.require("household.reveal")
        self.scope = scope.narrowed(wanted.region_code)
        self.wanted = wanted
        batch = Batch.objects.filter(pk=wanted.batch).first() if wanted.batch else None
        self.batch = batch
        self.procedure: Procedure | None = (
            batch.content if batch else procedures(pack.root).get(self.document.procedure)
        )
        self.names = {f for one in (self.document, *self._attached()) for f in fields(one)}
        self.judge = judged.Judge(self.scope, self.document, self.procedure)
        self.common = self._common()

    def _attached(self) -> list[d.Document]:
        return [self.known[name] for name in self.document.attach]

    @property
    def pages(self) -> list[d.Page]:
        """The pages its papers are on."""
        return [one.page for one in (self.document, *self._attached())]

    def _common(self) -> dict[str, str]:
        wanted, step = self.wanted, None
        if self.procedure:
            named = (self.document.since, *self.document.steps)
            step = next((s for n in named if (s := self.procedure.steps.get(n))), None)
        calendar = (
            self.procedure.calendar(self.batch.calendar) if self.procedure and self.batch else None
        )
        return {
            "year": str(wanted.year), "phone": wanted.phone,
            "batch": calendar.title.zh if calendar else "",
            "notice.days": str(step.notice.span.days) if step and step.notice else "",
        }  # fmt: skip

    # --- how many ------------------------------------------------------------------------

    def count(self) -> int:
        """How many papers there will be."""
        match self.document.about:
            case "household":
                return self._households().order_by().count()
            case "village":
                return len(self._villages())
        return len(places.counties(self.scope))

    def values(self) -> Iterator[Values]:
        """Values of each paper, in the order of places."""
        match self.document.about:
            case "household":
                return self._of_households()
            case "village":
                return self._of_villages()
        return self._of_counties()

    # --- households ----------------------------------------------------------------------

    def _reached(self) -> list[str]:
        """Steps and ends at which a case stands in the document's list."""
        assert self.procedure is not None
        since = self.document.since
        steps = [*self.procedure.steps]
        after = steps[steps.index(since) :] if since in steps else steps
        return after + [e.id for e in self.procedure.ends.values() if e.tone == PASS]

    def _cases(self) -> QuerySet[Case]:
        found = Case.objects.filter(self.scope.q("region_code"), batch_id=self.wanted.batch or 0)
        return found.filter(step__in=self._reached()) if self.document.since else found

    def _households(self) -> QuerySet[Household]:
        """Whom the document is about, or who stands in its lists."""
        if self.wanted.subject and self.document.about == "household":
            return Household.objects.filter(
                self.scope.q(), household_no=registry.household(self.scope, self.wanted.subject).pk
            )
        if self.wanted.batch:
            numbers = self._cases().values("subject")
            return Household.objects.filter(self.scope.q(), household_no__in=numbers)
        if findings.current(self.scope) is None:
            return Household.objects.filter(self.scope.q(), status__in=("registered", "returned"))
        ready = findings.FindingFilter(readiness="ready")
        return findings.households(self.scope, HouseholdFilter(), ready)

    def _of_households(self) -> Iterator[Values]:
        for chunk in _chunks(self._households()):
            numbers = [h.household_no for h in chunk]
            told = self.judge.households(numbers, self.wanted.batch, self.wanted.subject)
            annual = self._annual(numbers)
            for household in chunk:
                row = roster_row(household, masked=self.document.personal == "masked")
                found = told.get(household.household_no, judged.NOTHING)
                texts = {
                    **self.common, **places.names(household.village_code), **row,
                    **self._own(household, annual.get(household.household_no)), **found.texts,
                }  # fmt: skip
                yield Values(texts, found.findings)

    def _annual(self, numbers: Sequence[str]) -> dict[str, HouseholdYear]:
        spec = dictionary.entity("household").fields
        asked = {n.partition(".")[2] for n in self.names if n.startswith("household.")}
        if not any(n in spec and spec[n].annual for n in asked):
            return {}
        found = HouseholdYear.objects.filter(household_no__in=numbers, year=self.wanted.year)
        return {y.household_no: y for y in found}

    def _own(self, household: Household, year: HouseholdYear | None) -> dict[str, str]:
        """Dictionary fields that the document names, as people read them."""
        spec = dictionary.entity("household").fields
        found = {}
        for name in self.names:
            field = spec.get(name.removeprefix("household.")) if name.startswith("house") else None
            if field is None or field.pii:
                continue
            value = getattr(year if field.annual else household, field.name, None)
            if value is not None:
                found[name] = shown(field, value)
        return found

    # --- villages and counties -----------------------------------------------------------

    def _villages(self) -> list[str]:
        if self.wanted.subject:
            return [self.scope.narrowed(self.wanted.subject).region_code]
        if self._lists():
            found = self._households().order_by().values_list("village_code", flat=True)
            return sorted(set(found.distinct()))
        if self.wanted.batch:
            return sorted(self._cases().values_list("subject", flat=True))
        poor = Village.objects.filter(self.scope.q(), is_poverty_village=True)
        return sorted(poor.values_list("village_code", flat=True))

    def _lists(self) -> bool:
        """Whether the households of a village are listed or counted."""
        counted = {"households", "persons"} & self.names
        return bool(counted) or any(o.has_roster for o in (self.document, *self._attached()))

    def _of_villages(self) -> Iterator[Values]:
        codes, lists = self._villages(), self._lists()
        told = self.judge.places("village", codes, self.wanted.batch)
        for code in codes:
            rows = self._roster(code) if lists else []
            texts = {**self.common, **places.names(code)}
            texts |= places.figures("village", code, self.wanted.year, self.names)
            if lists:
                texts["households"] = str(len(rows))
                texts["persons"] = str(sum(int(r["size"] or 0) for r in rows))
            found = told.get(code, judged.NOTHING)
            yield Values({**texts, **found.texts}, found.findings, rows)

    def _roster(self, code: str) -> list[dict[str, str]]:
        here = Q(village_code=code)
        masked = self.document.personal == "masked"
        rows = [
            roster_row(h, masked=masked)
            for chunk in _chunks(self._households().filter(here))
            for h in chunk
        ]
        return sorted(rows, key=lambda r: (len(r["group"]), r["group"], r["household_no"]))

    def _of_counties(self) -> Iterator[Values]:
        codes = places.counties(self.scope)
        told = self.judge.places("county", codes, self.wanted.batch)
        for code in codes:
            texts = {**self.common, **places.names(code)}
            texts |= places.figures("county", code, self.wanted.year, self.names)
            found = told.get(code, judged.NOTHING)
            yield Values({**texts, **found.texts}, found.findings)


def _chunks(found: QuerySet[Household]) -> Iterator[list[Any]]:
    """Rows by number, `CHUNK` at a time, with head and size."""
    last = ""
    while True:
        part = found.filter(household_no__gt=last).order_by("household_no")[:CHUNK]
        numbers = list(part.values_list("household_no", flat=True))
        if not numbers:
            return
        rows = Household.objects.filter(household_no__in=numbers).order_by(
            "village_code", "household_no"
        )
        yield list(registry.annotated(rows))
        last = numbers[-1]


def roster_row(household: Any, *, masked: bool) -> dict[str, str]:
    """A household as a row of a list: group, head, size, number, hamlet."""
    head = crypto.unseal(household.head_sealed) or ""
    number = household.household_no
    hamlet = household.hamlet_name or ""
    return {
        "head": mask("name", head) if masked else head,
        "size": str(household.persons or ""),
        "group": household.group_no or hamlet,
        "hamlet": hamlet if not hamlet or hamlet.endswith(("屯", "寨", "组")) else f"{hamlet}屯",
        "household_no": mask("", number) if masked else number,
    }


def shown(field: dictionary.Field, value: Any) -> str:
    """A dictionary value in Chinese."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(field.label_of(v) for v in value)
    return field.label_of(value) if field.codes else str(value)
