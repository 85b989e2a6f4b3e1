"""Loans, enterprises, cooperatives, projects and townships of a county, beside its households.

How many there are is assumed (figures.yaml, `records`); each field is drawn by its line in
`_DRAWN`, and parts never exceed their whole. A stream of its own: the households of a seed do
not change with what is drawn here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangfu import dictionary, lake
from bangfu.demo import columns as col
from bangfu.demo import figures
from bangfu.demo.chance import generator
from bangfu.demo.columns import Bools, Ints

_STREAM = 77
_UNKNOWN = 0.02  # share of a drawn field that nobody recorded
_BOOKS = (
    int(np.datetime64("2014-01-01").astype(int)),
    int(np.datetime64("2016-12-01").astype(int)),
)
_RATES = np.array([4.35, 4.75, 4.9])
Draw = tuple[Any, ...]
# name -> how: a share is a bool, (low, high) whole numbers, (low, high, step) yuan, a dict
# weights of codes, ("part", of, low, high) a share of another field, "date" a day.
_DRAWN: Mapping[str, Mapping[str, Any]] = {
    "township": {
        "exit_task": 0.95, "leading_industries": (1, 3), "standard_health_centres": (0, 1),
        "special_post_doctors": (0, 2), "has_broadband": 0.9, "has_logistics": 0.8,
        "kindergarten_feasible": 0.9, "public_kindergartens": (0, 2), "platform_land": 0.8,
        "employment_platform": 0.7, "dibao_applications": (20, 200),
        "dibao_visited": ("part", "dibao_applications", 0.9, 1.1), "aid_station_posts": (1, 4),
        "has_aid_window": 0.85, "full_time_workers": (2, 7),
    },
    "loan": {
        "support_mode": {"double_free": 7, "capital_share": 2, "village_pv": 1},
        "principal": (10, 50, 1000), "purpose": {"production": 85, "startup": 8, "consumption": 7},
        "used_by": {"borrower": 93, "enterprise": 7}, "issued_on": "date",
        "borrower_group": {"ordinary": 80, "large_grower": 5, "rural_youth": 8, "veteran": 3},
        "lender_history": 0.5, "stable_income": 0.6, "good_credit": 0.95, "lawful_use": 0.99,
        "collateral": {"none": 80, "joint_guarantee": 15, "forest_right": 5},
        "guarantee": {"risk_fund": 60, "institution": 25, "company": 5, "none": 10},
        "company_led": 0.1, "startup_in_park": 0.02, "farm_or_small": 0.97,
        "internal_ratings": 0.1, "risk_controllable": 0.93, "insurance_pilot": 0.05,
        "overdue_cause": {"none": 94, "objective": 4, "subjective": 2},
    },
    "enterprise": {
        "kind": {"industrial": 12, "leading": 18, "processing": 15, "ecommerce": 12, "farmhouse": 13,
                 "family_farm": 12, "large_grower": 8, "tourism_area": 5, "park": 3, "service": 2},
        "size": {"micro": 55, "small": 30, "medium": 12, "large": 3}, "established_on": "date",
        "first_revenue_year": (2006, 2016), "new_or_expanded": 0.3, "from_outside": 0.15,
        "targeted_trade": 0.5, "local_resources": 0.6, "restricted_class": 0.01,
        "encouraged_class": 0.5, "high_tech": 0.03, "total_assets": (20, 6000, 10000),
        "total_income": (10, 3000, 10000), "encouraged_income": ("part", "total_income", 0.4, 1.05),
        "taxable_income": ("part", "total_income", 0.0, 0.15),
        "total_profit": ("part", "total_income", 0.0, 0.2),
        "local_income_tax": ("part", "taxable_income", 0.08, 0.1), "donation": (0, 5, 10000),
        "employees": (2, 300), "poor_workers": ("part", "employees", 0, 0.4),
        "relocated_workers": ("part", "employees", 0, 0.5),
        "disabled_workers": ("part", "employees", 0, 0.04), "poor_worker_insurance": (0, 20, 5000),
        "trained_poor": (0, 40), "trained_contracted": ("part", "trained_poor", 0.5, 1.2),
        "poor_households_led": (0, 60), "company_farmer": 0.3, "cooperation_on": "date",
        "raises_poor_income": 0.6, "outsourced_lines": 0.04, "poverty_workshop": 0.12,
        "order_supplied": (0, 100, 1000), "order_bought": ("part", "order_supplied", 0.8, 1.2),
        "stable_supply": 0.7, "reliable_quality": 0.9, "regional_brand": 0.05,
        "rural_ecommerce": 0.2, "border_processing": 0.0, "pairing_agreement": 0.5,
        "pairing_form": {"none": 50, "one_to_one": 35, "one_to_many": 10, "many_to_one": 5},
        "outstanding": 0.05, "ethnic_trade": 0.04, "dishonest": 0.02, "evades_debt": 0.01,
        "drives_industry": 0.5, "subsidy_years": (0, 4), "star_rating": (2, 5),
        "rated_year": (2013, 2016), "demo_park": 0.02,
    },
    "cooperative": {
        "established_on": "date", "member_households": (8, 80),
        "poor_members": ("part", "member_households", 0.1, 0.9), "strong_leading": 0.3,
        "partner_model": {"cooperation": 60, "capable_person": 20, "leading_enterprise": 15, "other": 5},
        "border_mutual_aid": 0.0, "effective_for_poor": 0.5, "drives_industry": 0.7,
        "subsidy_years": (0, 4), "online_sales": 0.15,
    },
    "project": {
        "kind": {"drinking_water": 18, "road": 25, "grid": 8, "household_income": 20, "training": 8,
                 "housing_subsidy": 8, "health_premises": 4, "kindergarten": 3, "bus_shelter": 3,
                 "relocation_site": 2, "science": 1},
        "beneficiary": {"village": 70, "household": 28, "none": 2}, "in_village_plan": 0.95,
        "people_agreed": 0.97, "village_decided": 0.95, "township_decided": 0.95,
        "publicity_days": (3, 10), "county_filed": 0.9, "subsidy": (5, 400, 10000),
        "county_matching": (0, 40, 10000), "funds_in_full": 0.95, "households_paid": 0.96,
        "misappropriated": 0.005, "conforms_to_plan": 0.97, "award_funded": 0.3,
        "front_document": {"approval_form": 35, "working_drawings": 62, "none": 3},
        "power_tariff": {"agricultural": 85, "residential": 15}, "road_class": (3, 5),
        "drainage_done": 0.9, "protection_done": 0.85, "signs_done": 0.9, "maintainer_named": 0.9,
        "standard_shelter": 0.95, "started_on": "date", "problem_found": 0.06, "city_supervised": 0.7,
        "region_assessed": 0.5, "key_project": 0.1, "audited": 0.8, "trainees": (20, 80),
        "poor_trainees": ("part", "trainees", 0.2, 1.0), "training_days": (1, 15),
        "sponsor_outstanding": 0.05, "sponsor_wishes_name": 0.3, "in_annual_plan": 0.9,
        "hazard_avoided": 0.99, "uses_basic_farmland": 0.005, "site_persons": (100, 2000),
        "site_villages": (1, 6), "building_area": (2000, 40000, 1),
        "commercial_area": ("part", "building_area", 0.05, 0.2), "site_landless": 0.5,
    },
}  # fmt: skip


# Fields of one kind of record only: unknown for the others.
_TOURISM = ("tourism_area", "farmhouse")
_ONLY: Mapping[str, tuple[str, ...]] = {
    "star_rating": _TOURISM, "rated_year": _TOURISM, "demo_park": ("park",),
    "power_tariff": ("drinking_water",), "road_class": ("road",), "drainage_done": ("road",),
    "protection_done": ("road",), "signs_done": ("road",), "standard_shelter": ("bus_shelter",),
    "trainees": ("training",), "poor_trainees": ("training",), "training_days": ("training",),
    **dict.fromkeys(
        ("in_annual_plan", "hazard_avoided", "uses_basic_farmland", "site_persons",
         "site_villages", "building_area", "commercial_area", "site_landless"),
        ("relocation_site",),
    ),
}  # fmt: skip


def records(seed: int, code: str, household: pa.Table, village: pa.Table) -> Mapping[str, pa.Table]:
    """Tables of one county by entity, keys ascending. Loans are of households given here, of
    enterprises and of cooperatives made here."""
    rng = generator(seed, int(code), _STREAM)
    share = figures.assumed("records")
    villages = np.asarray(village["village_code"])
    poor = np.asarray(village["is_poverty_village"])
    made = {"township": _made(rng, "township", np.unique(villages.astype("U9")))}
    for name, letter, wanted in (
        ("enterprise", "E", rng.random(len(villages)) < share["enterprise_in_village"]),
        ("cooperative", "C", rng.random(len(villages)) < share["cooperative_in_village"]),
        ("project", "P", poor),
    ):
        places = np.repeat(villages[wanted], share["projects"] if letter == "P" else 1)
        first = np.searchsorted(places, places)
        keys = np.char.add(np.char.add(places, letter), _two(np.arange(len(places)) - first + 1))
        made[name] = _made(rng, name, keys, places)
    made["loan"] = _loans(rng, household, made, share)
    return made


def _two(numbers: Ints) -> Any:
    return np.char.zfill(numbers.astype("U2"), 2)


def _loans(
    rng: np.random.Generator, household: pa.Table, made: Mapping[str, pa.Table], share: Any
) -> pa.Table:
    active = pc.fill_null(
        pc.is_in(household["status"], pa.array(["registered", "returned"])), False
    )
    homes = household.filter(active)
    homes = homes.filter(pa.array(rng.random(homes.num_rows) < share["micro_loan"]))
    rows = [
        (homes, "household", np.asarray(homes["household_no"]), np.asarray(homes["village_code"]))
    ]
    for name in ("enterprise", "cooperative"):
        owners = made[name]
        owners = owners.filter(pa.array(rng.random(owners.num_rows) < share["body_loan"]))
        keys, places = (np.asarray(owners[c]) for c in (f"{name}_no", "region_code"))
        rows.append((owners, name, keys, places))
    keys = np.concatenate([keys for _, _, keys, _ in rows]).astype("U20")
    places = np.concatenate([places for *_, places in rows]).astype("U12")
    who = np.repeat(np.arange(3), [len(k) for _, _, k, _ in rows])
    order = np.argsort(keys)
    keys, places, who = keys[order], places[order], who[order]
    body = who > 0
    table = _made(rng, "loan", np.char.add(keys, "L1"), places)
    size = np.where(
        who == 1, 40, np.where(who == 2, 8, 1)
    )  # enterprises borrow forty times as much
    principal = np.asarray(table["principal"].cast(pa.float64()).fill_null(20000)) * size
    rate = _RATES[rng.integers(0, len(_RATES), len(keys))]
    issued = table["issued_on"].cast(pa.int32())
    fixed = {
        "borrower": col.pick(who, ("household", "enterprise", "cooperative")),
        "kind": col.pick(np.where(body, 1, 0), ("micro_credit", "guaranteed")),
        "principal": col.money(principal), "rate": col.money(rate),
        "interest_paid": col.money(principal * rate / 100),
        "due_on": pc.add(issued, pa.scalar(3 * 365, pa.int32())).cast(pa.date32()),
    }  # fmt: skip
    owner = pa.array(keys)
    for number, name in enumerate(("household", "enterprise", "cooperative")):
        fixed[f"{name}_no"] = pc.if_else(pa.array(who == number), owner, None)
    for name, values in fixed.items():
        table = table.set_column(table.column_names.index(name), name, values)
    return table


def _made(rng: np.random.Generator, name: str, keys: Any, places: Any = None) -> pa.Table:
    """Rows with the drawn fields; what is not drawn is unknown."""
    count, schema = len(keys), lake.arrow_schema(name)
    done: dict[str, pa.Array] = {schema.names[0]: pa.array(keys.astype(str))}
    done[dictionary.KEYS[name]] = pa.array(keys.astype(str))
    if places is not None:
        done["region_code"] = pa.array(places.astype(str))
    if "title" in schema.names:
        word = {"enterprise": "公司", "cooperative": "合作社", "project": "项目"}[name]
        done["title"] = pa.array([f"演示{word}{key[-9:]}" for key in keys.astype(str)])
    plain: dict[str, Any] = {}
    for field, how in _DRAWN[name].items():
        known = rng.random(count) >= (_UNKNOWN if field != "kind" else 0)
        if field in _ONLY and name in ("enterprise", "project"):
            known &= np.asarray(pc.is_in(done["kind"], pa.array(_ONLY[field])))
        done[field] = _column(rng, count, how, known, plain, field)
    columns = [done.get(f.name, pa.nulls(count, f.type)).cast(f.type) for f in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(
    rng: np.random.Generator, count: int, how: Any, known: Bools, plain: dict[str, Any], name: str
) -> pa.Array:
    """One field; `plain` keeps the numbers for fields that are parts of them."""
    if isinstance(how, float):
        return col.bools(rng.random(count) < how, known)
    if isinstance(how, dict):
        weights = np.cumsum(np.array(list(how.values()), float))
        return col.pick(np.searchsorted(weights / weights[-1], rng.random(count), "right"),
                        list(how), known)  # fmt: skip
    if how == "date":
        return col.dates(rng.integers(*_BOOKS, count), known)
    if how[0] == "part":
        _part, of, low, high = how
        share = np.minimum(rng.uniform(low, high, count), 1)
        whole, step = plain[of]
        value = np.floor(whole * share) if step == 1 else np.round(whole * share, 2)
    else:
        low, high, step = (*how, 1)[:3]
        value = rng.integers(low, high + 1, count) * step
        step = 1 if len(how) == 2 else 0  # whole numbers stay whole in their parts
    plain[name] = (value, step)
    return col.ints(value, known) if step == 1 else col.money(value, known)
