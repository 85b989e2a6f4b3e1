"""What the household page shows, gathered: members and kinship, facts by subject, history."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope, crypto, mask
from bangfu.audit.models import Change, Event
from bangfu.collect.nations import NATIONS
from bangfu.dictionary import Field, entity
from bangfu.kernel import clock, money
from bangfu.registry import queries
from bangfu.registry.models import Household, Person
from bangfu.web.templatetags.bangfu import label_of, name_of, num, text_of

# Facts by subject: dictionary names, in the order of the paper form (贫困户登记表).
HOUSEHOLD_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("basic", mark("基本情况"), (
        "status", "category", "registered_on", "poverty_score", "poverty_grade", "cause_main",
        "causes_other", "hamlet_name", "hamlet_households", "group_no")),
    ("housing", mark("住房与搬迁"), (
        "dwelling_structure", "dwelling_area", "dwelling_grade", "build_progress",
        "build_months_left", "renovation", "renovation_cost", "renovation_accepted_on",
        "can_self_fund", "relocation", "relocation_kind", "whole_relocation", "resettlement_area",
        "resettlement_confirmed", "resettlement_cost", "housing_loan")),
    ("living", mark("生活条件"), (
        "water_source", "has_electricity", "has_tv", "road_grade", "road_motorable",
        "food_secure", "clothing_secure")),
    ("industry", mark("生产与产业"), (
        "cropland_mu", "forest_mu", "has_premises", "has_breeding_income", "has_own_business",
        "has_other_income", "industry_count", "in_cooperative")),
)  # fmt: skip
INCOME = (
    "income_business", "income_wages", "income_property", "income_transfer", "income_other",
    "production_cost",
)  # fmt: skip


PERSON_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (mark("基本情况"), ("sex", "birth_date", "ethnicity", "relation", "education_level")),
    (mark("就学"), (
        "school_stage", "school_year", "boarding", "newly_admitted", "school_in_region",
        "special_education", "aspiration_class", "student_aid_class", "student_loan", "dropout")),
    (mark("健康与保障"), (
        "health", "disability_grade", "disability_kind", "self_care", "medical_insurance",
        "pension_band", "inpatient_cost", "reimbursed", "on_dibao", "on_wubao")),
    (mark("劳动与就业"), (
        "labour", "months_working_away", "months_absent", "wants_training", "new_certificate")),
)  # fmt: skip
# Asked by single policies and by no paper form: in the correction form by subject; on the page
# only what somebody recorded, and none of it counts as missing.
EXTRA_GROUPS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "household": (
        (mark("脱贫与救助"), (
            "exited_on", "emergency_difficulty", "temporary_aid_months", "zero_employment",
            "family_planning_household", "border_resident", "helper_assigned",
            "family_doctor", "three_without", "income_unstable", "dibao_checks",
            "branch_project", "township_recognised")),
        (mark("住房环境"), (
            "auxiliary_area", "seismic_ok", "livestock_apart", "hamlet_road_width",
            "harsh_environment", "geohazard", "in_reserve_core")),
        (mark("搬迁条件"), (
            "relocation_reason", "relocation_surveyed", "relocation_consent",
            "relocation_plan_year", "relocation_subsidised", "settler_kind",
            "housing_solvable_in_place", "integrated_locally", "special_hardship")),
        (mark("搬迁安置"), (
            "settlement_wish", "settlement_mode", "settled_with_land", "resettlement_site",
            "loan_eligible", "full_subsidy_agreed", "home_owned_on", "hukou_moved")),
        (mark("经营与信贷"), (
            "has_online_shop", "business_registered_on", "business_running",
            "net_income_last_year", "loan_qualified", "micro_loan", "loan_declined",
            "honest_household", "asset_share")),
        (mark("种植与养殖"), (
            "contracted_land", "afforested_mu", "orchard_mu", "konjac_mu", "oil_peony_mu",
            "tobacco_mu", "tobacco_suited", "pigs")),
    ),
    "person": (
        (mark("户籍与生活来源"), (
            "hukou_in_village", "died_on", "has_livelihood", "legal_supporter",
            "child_supported", "urban_benefits", "public_labour")),
        (mark("奖学与升学"), (
            "inspirational_scholarship", "from_secondary_vocational", "preparatory_class")),
        (mark("技能培训"), (
            "training_organiser", "practical_training_days", "practical_skills")),
        (mark("受雇与创业"), (
            "can_join_enterprise", "wants_enterprise_job", "placed_by_trainer", "hired_on",
            "contract_months", "employer_insurance", "stable_job", "employment_difficulty",
            "starting_business", "flexible_employment")),
        (mark("大病与门诊"), (
            "premium_subsidised", "treatment_class", "outpatient_chronic_cost",
            "outpatient_reimbursed", "health_record")),
    ),
}  # fmt: skip
_EXTRA = mark("个别政策所需")


def form_groups(name: str) -> list[tuple[str, tuple[str, ...]]]:
    """(heading as msgid, field names) of entity `name`'s form, in the page's order."""
    if name == "person":
        return list(PERSON_GROUPS)
    groups = [(title, names) for _key, title, names in HOUSEHOLD_GROUPS]
    return [groups[0], (mark("收入"), INCOME), *groups[1:]]


# GB/T 3304 code -> 壮族
_NATIONS = {code: name for name, code in NATIONS.items() if name.endswith("族")}


@dataclass(frozen=True)
class Fact:
    """One field and its value; `text` None when it has not been collected."""

    field: Field
    text: str | None


@dataclass(frozen=True)
class MemberView:
    """One member as listed: masked name and number, and what matters at a glance."""

    person_no: str
    name: str
    id_number: str
    sex: str | None
    age: int | None
    relation: str | None
    tags: list[str]
    groups: list[tuple[str, list[Fact]]]
    missing: int


@dataclass
class Kin:
    """A knot of the kinship tree: a couple or a single person, and their children."""

    people: list[MemberView]
    children: list[Kin] = field(default_factory=list)


@dataclass(frozen=True)
class HouseholdView:
    """Everything the page shows of one household."""

    household: Household
    head: str
    phone: str
    bank_account: str
    members: list[MemberView]
    kin: list[Kin]
    groups: list[tuple[str, str, list[Fact]]]
    income: list[Fact]
    missing: int


def facts(name: str, values: dict[str, Any], names: Iterable[str]) -> list[Fact]:
    """Fields of entity `name` with their values for people."""
    fields = entity(name).fields
    return [Fact(fields[n], _told(fields[n], values.get(n))) for n in names]


def recorded(name: str, values: dict[str, Any]) -> list[Fact]:
    """What is known of the fields that only single policies ask."""
    names = (n for _title, ns in EXTRA_GROUPS[name] for n in ns)
    return [f for f in facts(name, values, names) if f.text is not None]


def _told(spec: Field, value: Any) -> str | None:
    if spec.name == "ethnicity" and value:
        return _NATIONS.get(str(value), str(value))
    return text_of(spec, value)


def household_view(scope: Scope, household: Household, year: int) -> HouseholdView:
    """The household's page for registration year `year`."""
    rows = queries.rows(scope, household.household_no, year)
    people = list(queries.members(scope, household.household_no))
    values = {m["person_no"]: m for m in rows.members}
    members = {p.person_no: _member(p, values[p.person_no], year) for p in people}
    groups = [
        (key, _(title), facts("household", rows.household, names))
        for key, title, names in HOUSEHOLD_GROUPS
    ]
    income = facts("household", rows.household, INCOME)
    missing = sum(f.text is None for _key, _title, fs in groups for f in fs)
    missing += sum(f.text is None for f in income)
    if extra := recorded("household", rows.household):
        groups.append(("extra", _(_EXTRA), extra))
    head = next((p for p in people if p.relation == "head"), people[0] if people else None)
    return HouseholdView(
        household=household,
        head=members[head.person_no].name if head else "",
        phone=mask("phone", crypto.unseal(household.phone_sealed)),
        bank_account=mask("bank_account", crypto.unseal(household.bank_account_sealed)),
        members=list(members.values()),
        kin=kinship(people, members),
        groups=groups,
        income=income,
        missing=missing,
    )


def _member(person: Person, values: dict[str, Any], year: int) -> MemberView:
    fields = entity("person").fields
    groups = [(_(title), facts("person", values, names)) for title, names in PERSON_GROUPS]
    missing = sum(f.text is None for _title, fs in groups for f in fs)
    if extra := recorded("person", values):
        groups.append((_(_EXTRA), extra))
    return MemberView(
        person_no=person.person_no,
        name=mask("name", crypto.unseal(person.name_sealed)) or _("姓名缺"),
        id_number=mask("id_number", crypto.unseal(person.id_number_sealed)),
        sex=text_of(fields["sex"], person.sex),
        age=_age(person.birth_date, year),
        relation=text_of(fields["relation"], person.relation),
        tags=_tags(values),
        groups=groups,
        missing=missing,
    )


def _age(born: date | None, year: int) -> int | None:
    """Full years at the end of the registration year, or today when that is earlier."""
    if born is None:
        return None
    day = min(date(year, 12, 31), clock.today())
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _tags(values: dict[str, Any]) -> list[str]:
    fields = entity("person").fields
    tags = []
    if values.get("school_stage") not in (None, "none"):
        tags.append(label_of(fields["school_stage"], values["school_stage"]))
    if values.get("disability_grade"):
        tags.append(_("残疾%(grade)s级") % {"grade": values["disability_grade"]})
    if values.get("health") in ("chronic", "major_illness"):
        tags.append(label_of(fields["health"], values["health"]))
    if values.get("months_working_away"):
        tags.append(_("务工"))
    if values.get("on_dibao"):
        tags.append(_("低保"))
    if values.get("on_wubao"):
        tags.append(_("五保"))
    return tags


def kinship(people: list[Person], views: dict[str, MemberView]) -> list[Kin]:
    """The tree by father, mother and spouse; whoever is linked to nobody stands alone."""
    by_no = {p.person_no: p for p in people}
    knots: dict[str, Kin] = {}
    for p in people:
        mate = p.spouse_no if p.spouse_no in knots else None
        if mate:
            knots[mate].people.append(views[p.person_no])
            knots[p.person_no] = knots[mate]
        else:
            knots[p.person_no] = Kin([views[p.person_no]])
    roots: list[Kin] = []
    for knot in {id(k): k for k in knots.values()}.values():
        parent = next(
            (
                knots[no]
                for view in knot.people
                for no in (by_no[view.person_no].father_no, by_no[view.person_no].mother_no)
                if no in knots and knots[no] is not knot
            ),
            None,
        )
        (parent.children if parent and not _under(parent, knot) else roots).append(knot)
    return roots


def _under(knot: Kin, other: Kin) -> bool:
    """Whether `knot` already hangs below `other`: wrong links must not make a circle."""
    return knot is other or any(_under(knot, child) for child in other.children)


@dataclass(frozen=True)
class Entry:
    """One act on the timeline: `lines` are (whose, field, before, after)."""

    event: Event
    title: str
    reason: str
    lines: list[tuple[str, str, str | None, str | None]]
    more: int


@dataclass(frozen=True)
class Formula:
    """A pack variable as a sum anyone can check: its words and its numbers."""

    zh: str
    shown: str | None
    unit: str
    words: str
    worked: str


_COUNTED = re.compile(r"count\(\s*member\s*\)")


def income_formulas(variables: list[dict[str, Any]], persons: int) -> list[Formula]:
    """The household's variables that read its income, with their formula in words and numbers."""
    found = []
    for v in variables:
        names = {i["field"].rpartition(".")[2]: i for i in v["inputs"]}
        if v["entity"] != "household" or not names.keys() & set(INCOME):
            continue
        words = _COUNTED.sub(_("家庭人口"), " ".join(v["formula"].split()))
        worked = _COUNTED.sub(str(persons), " ".join(v["formula"].split()))
        for name, entry in names.items():
            known = entry["value"] is not None
            words = re.sub(rf"\b{name}\b", entry["zh"], words)
            worked = re.sub(rf"\b{name}\b", _number(entry) if known else _("缺"), worked)
        shown = money.show(Decimal(v["value"])) if v["value"] is not None else None
        found.append(Formula(v["zh"], shown, v["unit"], _signs(words), _signs(worked)))
    return found


def _number(entry: dict[str, Any]) -> str:
    value = Decimal(entry["value"])
    return money.show(value) if value == value.quantize(money.CENT) else num(value)


def _signs(text: str) -> str:
    return text.replace(" / ", " ÷ ").replace(" * ", " × ").replace(" - ", " − ")


_ACTIONS = {
    "household.corrected": mark("更正农户信息"),
    "person.corrected": mark("更正成员信息"),
    "person.left": mark("成员离户"),
    "import.applied": mark("批量导入"),
    "import.undone": mark("撤销导入"),
    "registry.loaded": mark("整库装载"),
}
_LINES = 12


def timeline(scope: Scope, household_no: str) -> list[Entry]:
    """Acts on the household, newest first, told in field names and values."""
    return [_entry(e.event, e.changes) for e in queries.history(scope, household_no)]


def _entry(event: Event, changes: list[Change]) -> Entry:
    lines: list[tuple[str, str, str | None, str | None]] = []
    whole = {"insert": 0, "delete": 0}
    for change in changes:
        name = change.entity.removesuffix("_year")
        if name not in ("household", "person"):
            continue
        whose = _("户") if name == "household" else change.key[18:20] or change.key
        if change.op != "update":
            whole[change.op] += 1
            continue
        before, after = change.before or {}, change.after or {}
        lines.extend(_changed(whose, name, before, after))
    for op, text in (("insert", _("新增 %(n)s 条记录")), ("delete", _("删除 %(n)s 条记录"))):
        if whole[op]:
            lines.append((_("户"), text % {"n": whole[op]}, "", ""))
    detail = event.detail or {}
    title = _(_ACTIONS[event.action]) if event.action in _ACTIONS else event.action
    reason = str(detail.get("reason") or "")
    return Entry(event, title, reason, lines[:_LINES], max(0, len(lines) - _LINES))


def _changed(
    whose: str, name: str, before: dict[str, Any], after: dict[str, Any]
) -> Iterable[tuple[str, str, str | None, str | None]]:
    fields = entity(name).fields
    for column, now in after.items():
        base = column.removesuffix("_blind")
        spec = fields.get(base)
        if spec is None:
            continue
        if spec.pii:
            yield whose, name_of(spec), "***", "***"
        else:
            yield whose, name_of(spec), _text(spec, before.get(column)), _text(spec, now)


def _text(spec: Field, value: Any) -> str | None:
    if isinstance(value, str) and spec.type == "date":
        return value
    return text_of(spec, value)
