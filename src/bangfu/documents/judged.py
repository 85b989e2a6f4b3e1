"""What people and the engine found of a document's indicators, and what forms were answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bangfu.access.scope import Scope
from bangfu.findings import placing
from bangfu.findings import queries as findings
from bangfu.findings.models import HouseholdResult, Run
from bangfu.policy.documents import definition as d
from bangfu.policy.documents.filling import UNKNOWN, Finding
from bangfu.policy.procedures.definition import Procedure
from bangfu.procedures.models import Case, StepRecord


@dataclass
class Known:
    """Of one subject: texts by field, findings by item and by rule."""

    texts: dict[str, str] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)


NOTHING = Known()


class Judge:
    """Reads for one document, many subjects at a time."""

    def __init__(self, scope: Scope, document: d.Document, procedure: Procedure | None) -> None:
        self.scope, self.document, self.procedure = scope, document, procedure
        self.run: Run | None = findings.current(scope)
        tables = (b for b in document.blocks if isinstance(b, d.Table))
        self.rows = [r for t in tables for r in t.rows if isinstance(r, d.ItemRow)]

    def households(
        self, numbers: Sequence[str], batch: int | None, subject: str
    ) -> dict[str, Known]:
        """By household number."""
        found = {n: Known() for n in numbers}
        results = HouseholdResult.objects.filter(
            self.scope.q(), run=self.run, household_no__in=numbers
        )
        for result in results if self.run else ():
            known = found[result.household_no]
            if result.net_income_per_capita is not None:
                known.texts["household.net_income_per_capita"] = str(result.net_income_per_capita)
            for rule in self.document.rules if result.assessed else ():
                known.findings[rule] = Finding(engine=_of_criterion(rule, result))
        self._answers(found, numbers, batch, latest=bool(subject))
        return found

    def places(self, entity: str, codes: Sequence[str], batch: int | None) -> dict[str, Known]:
        """By village or county code."""
        found = {c: Known() for c in codes}
        if self.run and self.document.rules and codes:
            told = placing.outcomes(self.run, entity, codes, self.document.rules)
            for code, outcomes in told.items():
                found[code].findings |= {r: Finding(engine=o) for r, o in outcomes.items()}
        self._answers(found, codes, batch, latest=batch is None)
        return found

    def _answers(
        self, found: dict[str, Known], subjects: Sequence[str], batch: int | None, *, latest: bool
    ) -> None:
        """Lay over what was recorded in the cases of the batch, or in each subject's newest."""
        if self.procedure is None or not (batch or latest):
            return
        cases = Case.objects.filter(
            self.scope.q("region_code"), procedure=self.procedure.id, subject__in=subjects
        ).order_by("pk")
        if batch:
            cases = cases.filter(batch_id=batch)
        of_case = dict(cases.values_list("pk", "subject"))
        newest = {subject: pk for pk, subject in of_case.items()}
        records = StepRecord.objects.filter(case_id__in=newest.values(), act="done")
        values = records.order_by("case_id", "seq").values_list("case_id", "step", "content")
        for case_id, step, content in values:
            self._recorded(found[of_case[case_id]], step, content)

    def _recorded(self, known: Known, step: str, content: Mapping[str, Any]) -> None:
        assert self.procedure is not None
        at = self.procedure.steps.get(step)
        if at is None or not at.form:
            return
        blanks = {b.id: b for b in self.procedure.forms[at.form].fields}
        for name, value in content.get("values", {}).items():
            blank = blanks.get(name)
            if blank is not None and not blank.personal and value is not None:
                known.texts[f"{at.form}.{name}"] = _said(value)
        if at.form == self.document.form:
            self._items(known, content.get("items", {}))

    def _items(self, known: Known, items: Mapping[str, Iterable[str]]) -> None:
        for row in self.rows:
            if row.item in items:
                outcome, reason, engine, _why = [*items[row.item], "", "", "", ""][:4]
                now = known.findings.get(row.rule)
                told = engine or (now.engine if now else "")
                known.findings[row.item] = Finding(outcome, reason, told)


def _of_criterion(rule: str, result: HouseholdResult) -> str:
    if rule in result.failed:
        return "not_met"
    return UNKNOWN if rule in result.unknown else "met"


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
