"""What the current run holds about one household, its village and its county: to compare a live
judgement with, and for the rules that no single household can tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from bangfu.access.scope import Scope
from bangfu.findings.models import HouseholdResult, Run
from bangfu.findings.rules import RuleSet
from bangfu.policy.explanation import RuleFinding
from bangfu.policy.pack import Pack
from bangfu.policy.showing import citation

# (outcome, amount): what a rule says of a subject, as the stored run and a live judgement share it
Said = tuple[str, Decimal | None]
_NO = {"criterion": "not_met", "alert": "not_flagged"}


@dataclass(frozen=True)
class Stored:
    """A run's rows on a household and on what gathers over its village and county."""

    household_no: str
    village_code: str
    result: HouseholdResult | None
    # rule, subject -> outcome as far as its table tells, amount, missing fields
    rows: dict[tuple[str, str], tuple[str, Decimal | None, tuple[str, ...]]]

    @classmethod
    def of(
        cls, scope: Scope, run: Run, household_no: str, village_code: str, gathering: Iterable[str]
    ) -> Stored:
        """Read in two statements; `gathering` names rules of the village and the county."""
        result = HouseholdResult.objects.filter(
            scope.q(), run=run, household_no=household_no
        ).first()
        rows = _rows(scope, run, household_no, village_code, sorted(gathering))
        return cls(household_no, village_code, result, rows)

    def said(self, rules: RuleSet) -> dict[tuple[str, str], Said] | None:
        """What the run says of the household, by rule and subject; None where it does not know
        it."""
        if self.result is None:
            return None
        said: dict[tuple[str, str], Said] = {}
        tree = set(rules.exit_tree)
        for rule in rules.criteria:
            outcome = "not_met" if rule in self.result.failed else "met"
            outcome = "undecided" if rule in self.result.unknown else outcome
            if rule in tree and not self.result.assessed:
                outcome = "skipped"
            said[rule, self.household_no] = (outcome, None)
        for (rule, subject), (outcome, amount, _missing) in self.rows.items():
            if outcome == "undecided":
                said.setdefault((rule, subject), (outcome, None))
            elif outcome == "raised":
                kind = rules.by_id[rule].kind if rule in rules.by_id else ""
                said[rule, subject] = ("flagged" if kind == "alert" else "met", None)
            else:
                said[rule, subject] = (outcome, amount)
        return said

    def gathered(
        self, scope: Scope, pack: Pack, day: date, gathering: Iterable[str]
    ) -> list[RuleFinding]:
        """The rules in `gathering` as the run found them of the household's village and county,
        without conditions; those of a place outside the scope are left out."""
        found = []
        for rule_id in gathering:
            rule = pack.rules[rule_id]
            version = rule.at(day)
            subject = self.village_code[: 12 if rule.entity == "village" else 6]
            known = rule.entity in ("village", "county") and scope.covers(subject)
            if version is None or not known:
                continue
            said = self.rows.get((rule_id, subject))
            outcome = said[0] if said else _NO.get(rule.kind, "not_entitled")
            if outcome == "raised":
                outcome = "flagged" if rule.kind == "alert" else "met"
            amount = said[1] if said else None
            if rule.has_amount and outcome == "not_entitled":
                amount = Decimal("0.00")
            found.append(RuleFinding(
                rule.id, rule.title.zh, rule.title.show("en"), rule.kind, rule.entity, subject,
                outcome, amount, version.unit, version.period, rule.department,
                citation(pack, version.cite or rule.cite), components=rule.components,
                missing=said[2] if said else (), in_kind=rule.in_kind, stored=True,
            ))  # fmt: skip
        return found


def _rows(
    scope: Scope, run: Run, household_no: str, village_code: str, gathering: list[str]
) -> dict[Any, Any]:
    """Rows on the household, and of the rules in `gathering` on its village and county."""
    inside, bounds = scope.sql("village_code")
    places = [village_code, village_code[:6]]
    parts, values = [], []
    for table, outcome, amount, missing in (
        ("findings_entitlement", "entitled", "amount", "NULL::varchar[]"),
        ("findings_alert", "raised", "NULL::numeric", "NULL::varchar[]"),
        ("findings_undecided", "undecided", "NULL::numeric", "missing"),
    ):
        for where, given in (
            ("household_no = %s", [household_no]),
            ("household_no IS NULL AND rule = ANY(%s) AND village_code = ANY(%s)",
             [gathering, places]),
        ):  # fmt: skip
            parts.append(
                f"SELECT rule, subject, '{outcome}', {amount}, {missing} FROM {table}"
                f" WHERE run_id = %s AND {where} AND {inside}"
            )
            values += [run.pk, *given, *bounds]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return {
            (rule, subject): (outcome, amount, tuple(missing or ()))
            for rule, subject, outcome, amount, missing in cursor.fetchall()
        }
