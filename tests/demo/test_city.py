"""The demo city holds together: kin, ages, schools, places, defects; and is the same by seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from bangfu import demo, dictionary
from bangfu.demo import figures
from bangfu.kernel import identity
from bangfu.kernel.problems import Problem

PERSONS = 20_000
Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def parts() -> list[demo.CountyPart]:
    return list(demo.city(PERSONS, seed=3))


@pytest.fixture(scope="module")
def ask(parts: list[demo.CountyPart]) -> Ask:
    """SQL over the whole city; `clean` is the persons without a planted defect."""
    connection = duckdb.connect()
    for name in ("household", "person", "village", "county", "defects"):
        connection.register(name, pa.concat_tables([getattr(part, name) for part in parts]))
    connection.execute(
        "CREATE VIEW clean AS SELECT * FROM person WHERE person_no NOT IN"
        " (SELECT person_no FROM defects WHERE person_no IS NOT NULL)"
    )
    return lambda query: connection.sql(query).fetchall()


def test_every_dictionary_field_is_there(parts: list[demo.CountyPart]) -> None:
    for entity in dictionary.ENTITIES:
        assert parts[0].table(entity).schema.equals(demo.full_schema(entity))
        assert parts[0].table(entity).column_names == list(dictionary.entity(entity).fields)
        assert not set(parts[0].without_pii(entity).column_names) & {
            "name", "id_number", "phone", "bank_account",
        }  # fmt: skip


def test_the_whole_city_is_there(ask: Ask) -> None:
    assert ask("SELECT count(*) FROM person") == [(PERSONS,)]
    assert ask("SELECT count(*), count(DISTINCT village_code) FROM village") == [(1666, 1666)]
    assert ask("SELECT count(*) FROM county") == [(11,)]
    assert ask("SELECT count(*) FROM village WHERE is_poverty_village") == [(684,)]
    towns = ask("SELECT left(village_code, 9), count(*) n FROM household GROUP BY 1 ORDER BY n")
    assert len(towns) == 141
    assert towns[0][1] >= 2


def test_exit_years_follow_the_plans(ask: Ask) -> None:
    villages = dict(
        ask("SELECT planned_exit_year, count(*) FROM village WHERE is_poverty_village GROUP BY 1")
    )
    assert villages == figures.value("village_exit_plan")
    counties = dict(
        ask("SELECT planned_exit_year, count(*) FROM county WHERE county_kind <> 'ordinary'"
            " GROUP BY 1")
    )  # fmt: skip
    assert counties == figures.value("county_exit_plan")
    assert ask("SELECT count(*) FROM village WHERE planned_exit_year > 0"
               " AND NOT is_poverty_village") == [(0,)]  # fmt: skip


def test_the_power_companies_villages_add_up(ask: Ask) -> None:
    for group in figures.value("grid_villages").values():
        codes = ", ".join(f"'{code}'" for code in group["counties"])
        assert ask(
            "SELECT count(*) FROM village WHERE is_poverty_village"
            f" AND village_code[:6] IN ({codes})"
        ) == [(group["villages"],)]


def test_keys_are_unique_and_nested(ask: Ask) -> None:
    assert ask("SELECT count(*) - count(DISTINCT household_no) FROM household") == [(0,)]
    assert ask("SELECT count(*) - count(DISTINCT person_no) FROM person") == [(0,)]
    assert ask("SELECT count(*) FROM household WHERE household_no[:12] <> village_code") == [(0,)]
    assert ask("SELECT count(*) FROM person WHERE person_no[:18] <> household_no") == [(0,)]
    assert ask("SELECT count(*) FROM person ANTI JOIN household USING (household_no)") == [(0,)]
    assert ask("SELECT count(*) FROM household ANTI JOIN person USING (household_no)") == [(0,)]
    assert ask("SELECT count(*) FROM household ANTI JOIN village USING (village_code)") == [(0,)]


def test_every_household_has_one_head_first(ask: Ask) -> None:
    heads = "SELECT household_no, person_no FROM person WHERE relation = 'head'"
    assert ask(f"SELECT count(*) FROM ({heads}) WHERE person_no[19:] <> '01'") == [(0,)]
    assert ask(f"SELECT count(*) - count(DISTINCT household_no) FROM ({heads})") == [(0,)]
    assert ask(f"SELECT count(*) FROM household ANTI JOIN ({heads}) USING (household_no)") == [(0,)]


@pytest.mark.parametrize(("link", "sex"), [("father_no", "male"), ("mother_no", "female")])
def test_parents_are_in_the_household_and_old_enough(ask: Ask, link: str, sex: str) -> None:
    pairs = (
        f"SELECT p.sex, c.household_no = p.household_no AS together,"
        f" date_diff('year', p.birth_date, c.birth_date) AS gap"
        f" FROM clean c JOIN clean p ON c.{link} = p.person_no"
    )
    assert ask(f"SELECT count(*) > 5000, bool_and(together), bool_and(sex = '{sex}'),"
               f" min(gap) >= 16, max(gap) <= 70 FROM ({pairs})") == [(True,) * 5]  # fmt: skip
    assert ask(f"SELECT count(*) FROM person c WHERE {link} IS NOT NULL AND NOT EXISTS"
               f" (FROM person p WHERE p.person_no = c.{link})") == [(0,)]  # fmt: skip


def test_mothers_are_not_too_old(ask: Ask) -> None:
    assert ask(
        "SELECT max(date_diff('year', m.birth_date, c.birth_date)) <= 49"
        " FROM clean c JOIN clean m ON c.mother_no = m.person_no"
    ) == [(True,)]


def test_spouses_point_at_each_other(ask: Ask) -> None:
    assert ask(
        "SELECT bool_and(s.spouse_no = p.person_no), bool_and(s.sex <> p.sex),"
        " bool_and(s.household_no = p.household_no), min(2016 - year(p.birth_date)) >= 20"
        " FROM clean p JOIN clean s ON p.spouse_no = s.person_no"
    ) == [(True,) * 4]


def test_children_of_the_head_point_at_the_head(ask: Ask) -> None:
    assert ask(
        "SELECT bool_and(h.person_no IN (c.father_no, c.mother_no)) FROM person c"
        " JOIN person h ON h.household_no = c.household_no AND h.relation = 'head'"
        " WHERE c.relation = 'child'"
    ) == [(True,)]


def test_school_fits_age(ask: Ask) -> None:
    found = ask(
        "SELECT school_stage, min(age), max(age), min(school_year), max(school_year) FROM"
        " (SELECT *, 2016 - year(birth_date) AS age FROM clean) WHERE school_stage <> 'none'"
        " GROUP BY 1"
    )
    limits = {
        "preschool": (3, 7, 3), "primary": (6, 13, 6), "junior": (12, 17, 3),
        "senior": (15, 22, 3), "secondary_vocational": (15, 22, 3),
        "higher_vocational": (18, 23, 3), "undergraduate": (18, 24, 4), "postgraduate": (22, 27, 3),
    }  # fmt: skip
    for stage, youngest, eldest, first, last in found:
        low, high, years = limits[stage]
        assert low <= youngest <= eldest <= high, stage
        assert first >= 1, stage
        assert last <= years, stage
    assert ask("SELECT count(*) FROM clean WHERE dropout <> 'none' AND school_stage <> 'none'") == [
        (0,)
    ]
    assert ask(
        "SELECT min(age) >= 6, max(age) <= 17 FROM"
        " (SELECT 2016 - year(birth_date) AS age FROM clean WHERE dropout <> 'none')"
    ) == [(True, True)]
    assert ask("SELECT count(*) FROM clean WHERE boarding AND school_stage IN ('none',"
               " 'preschool')") == [(0,)]  # fmt: skip


def test_neighbours_agree_about_their_hamlet(ask: Ask) -> None:
    assert ask(
        "SELECT max(n) FROM (SELECT count(DISTINCT (hamlet_households, road_grade, road_motorable))"
        " n FROM household WHERE household_no NOT IN (SELECT household_no FROM defects"
        " WHERE person_no IS NULL) GROUP BY village_code, hamlet_name)"
    ) == [(1,)]
    assert ask(
        "SELECT count(*) FROM (SELECT village_code, hamlet_name, count(*) n,"
        " max(hamlet_households) size FROM household GROUP BY ALL) WHERE n > size"
    ) == [(0,)]


def test_village_totals_cover_the_households(ask: Ask) -> None:
    assert ask(
        "SELECT bool_and(v.households_total >= h.n), bool_and(v.residents_total > h.persons),"
        " bool_and(v.residents_poor = h.poor) FROM village v JOIN"
        " (SELECT village_code, count(DISTINCT household_no) n, count(*) persons,"
        "  count(*) FILTER (status IN ('registered', 'returned')) poor"
        "  FROM household JOIN person USING (household_no) GROUP BY 1) h USING (village_code)"
    ) == [(True,) * 3]
    for part in ("households_housing_ok", "households_water_ok", "households_electricity",
                 "households_tv"):  # fmt: skip
        assert ask(f"SELECT bool_and({part} <= households_total) FROM village") == [(True,)], part
    assert ask("SELECT bool_and(residents_insured <= residents_total) FROM village") == [(True,)]


def test_county_guarantee_counts_come_from_the_households(ask: Ask) -> None:
    assert ask(
        "SELECT bool_and(c.dibao_covered_households = h.n OR abs(c.dibao_covered_households - h.n)"
        " <= 8) FROM county c JOIN (SELECT household_no[:6] county_code, count(DISTINCT"
        " household_no) n FROM household JOIN person USING (household_no) WHERE on_dibao AND"
        " status IN ('registered', 'returned') GROUP BY 1) h USING (county_code)"
    ) == [(True,)]
    assert ask("SELECT bool_and(dibao_eligible_households >= dibao_covered_households)"
               " FROM county") == [(True,)]  # fmt: skip


def test_things_go_together_as_they_do(ask: Ask) -> None:
    working = ask(
        "SELECT avg((labour IN ('skilled', 'ordinary'))::int) FILTER (disability_grade <= 2 OR"
        " health = 'major_illness'), avg((labour IN ('skilled', 'ordinary'))::int)"
        " FILTER (disability_grade IS NULL AND health = 'healthy')"
        " FROM clean WHERE 2016 - year(birth_date) BETWEEN 20 AND 59"
    )[0]
    assert working[0] < 0.2 < 0.8 < working[1]
    dibao = ask(
        "SELECT avg(g::int) FILTER (ill), avg(g::int) FILTER (NOT ill) FROM (SELECT household_no,"
        " bool_or(on_dibao) g, bool_or(health = 'major_illness') ill FROM clean GROUP BY 1)"
    )[0]
    assert dibao[0] > 1.2 * dibao[1]
    score = ask(
        "SELECT avg(poverty_score) FILTER (dwelling_grade IN ('C', 'D')),"
        " avg(poverty_score) FILTER (dwelling_grade = 'A') FROM household"
    )[0]
    assert score[0] < score[1] - 5


def test_applicable_fields_only(ask: Ask) -> None:
    assert ask(
        "SELECT count(*) FROM household WHERE (relocation = 'none' AND (relocation_kind IS NOT NULL"
        " OR resettlement_area IS NOT NULL)) OR (build_progress IS NULL) <> (build_months_left IS"
        " NULL) OR (renovation = 'none' AND renovation_cost IS NOT NULL)"
    ) == [(0,)]
    assert ask("SELECT count(*) FROM clean WHERE (disability_grade IS NULL) <>"
               " (disability_kind IS NULL) OR reimbursed > inpatient_cost") == [(0,)]  # fmt: skip
    assert ask("SELECT count(*) FROM household WHERE list_contains(causes_other, cause_main)"
               " OR len(list_distinct(causes_other)) <> len(causes_other)") == [(0,)]  # fmt: skip


def test_identity_numbers_are_valid_unique_and_agree(ask: Ask) -> None:
    rows = ask("SELECT id_number, birth_date, sex, person_no FROM clean")
    assert len({row[0] for row in rows}) == len(rows)
    for number, born, sex, person_no in rows:
        assert identity.fault(number) is None
        assert identity.birth_date(number) == born
        assert identity.sex(number) == sex
        assert number[:6] == person_no[:6]


def test_phones_are_plainly_fake(ask: Ask) -> None:
    assert ask("SELECT bool_and(phone LIKE '1990000%' AND len(phone) = 11) FROM household") == [
        (True,)
    ]
    assert ask("SELECT count(*) - count(DISTINCT bank_account) FROM household"
               " WHERE bank_account IS NOT NULL") == [(0,)]  # fmt: skip


PROOF = {
    "negative_income": "SELECT household_no, NULL FROM household WHERE income_wages < 0",
    "impossible_area": "SELECT household_no, NULL FROM household WHERE dwelling_area > 5000",
    "impossible_age": "SELECT household_no, person_no FROM person WHERE year(birth_date) < 1895",
    "stage_against_age": "SELECT household_no, person_no FROM person"
    " WHERE school_stage = 'primary' AND year(birth_date) BETWEEN 1930 AND 1980",
    "months_over_year": "SELECT household_no, person_no FROM person WHERE months_working_away > 12",
    "reimbursed_over_cost": "SELECT household_no, person_no FROM person"
    " WHERE reimbursed > inpatient_cost",
    "person_in_two_households": "SELECT household_no, person_no FROM person WHERE id_number IN"
    " (SELECT id_number FROM person GROUP BY 1 HAVING count(*) > 1) AND relation = 'other'",
}


@pytest.mark.parametrize("kind", PROOF)
def test_planted_defects_are_where_the_list_says(ask: Ask, kind: str) -> None:
    listed = ask(f"SELECT household_no, person_no FROM defects WHERE kind = '{kind}'")
    assert listed
    assert sorted(listed, key=str) == sorted(ask(PROOF[kind]), key=str)


def test_number_defects_and_gaps_are_real(parts: list[demo.CountyPart], ask: Ask) -> None:
    bad = ask("SELECT id_number FROM person JOIN defects USING (person_no)"
              " WHERE kind = 'invalid_check_digit'")  # fmt: skip
    assert bad
    assert {identity.fault(number) for (number,) in bad} == {"check_digit"}
    other = ask("SELECT id_number, birth_date FROM person JOIN defects USING (person_no)"
                " WHERE kind = 'id_against_birth'")  # fmt: skip
    assert other
    assert all(identity.fault(n) is None and identity.birth_date(n) != b for n, b in other)
    for part in parts:
        for row in part.defects.filter(
            pa.compute.equal(part.defects["kind"], "missing_field")
        ).to_pylist():
            entity = "person" if row["person_no"] else "household"
            table = part.table(entity)
            place = table[f"{entity}_no"].index(row[f"{entity}_no"]).as_py()
            assert table[row["field"]][place].as_py() is None


def test_defect_rates_are_as_documented(ask: Ask) -> None:
    counts = dict(ask("SELECT (kind, person_no IS NULL), count(*) FROM defects GROUP BY 1"))
    found = {(k["kind"] if isinstance(k, dict) else k[0],
              list(k.values())[1] if isinstance(k, dict) else k[1]): n
             for k, n in counts.items()}  # fmt: skip
    homes = ask("SELECT count(*) FROM household")[0][0]
    # Some of the cells chosen were empty before: they are no defects.
    wanted = figures.defect_rates("household")["missing_field"] * homes
    assert 0.85 * wanted <= found["missing_field", True] <= wanted + 1
    wanted = figures.defect_rates("person")["missing_field"] * PERSONS
    assert 0.85 * wanted <= found["missing_field", False] <= wanted + 11


def test_the_same_seed_gives_the_same_city(parts: list[demo.CountyPart]) -> None:
    again = next(iter(demo.city(PERSONS, seed=3)))
    other = next(iter(demo.city(PERSONS, seed=4)))
    for name in ("household", "person", "village", "county", "defects"):
        assert getattr(again, name).equals(getattr(parts[0], name))
    assert not other.person.equals(parts[0].person)


@pytest.mark.parametrize("persons", [500, 2_000, 7_001])
def test_a_small_city_is_still_a_city(persons: int) -> None:
    parts = list(demo.city(persons, seed=1))
    assert sum(part.person.num_rows for part in parts) == persons
    assert sum(part.village["is_poverty_village"].to_pylist().count(True) for part in parts) == 684
    kinds = {kind for part in parts for kind in part.defects["kind"].to_pylist()}
    rates = set(figures.defect_rates("person")) | set(figures.defect_rates("household"))
    assert kinds >= rates - {"person_in_two_households"}


@pytest.mark.parametrize(
    ("persons", "seed", "code"), [(499, 1, "demo.too_small"), (2000, -1, "demo.bad_seed")]
)
def test_nonsense_is_refused(persons: int, seed: int, code: str) -> None:
    with pytest.raises(Problem) as caught:
        next(iter(demo.city(persons, seed)))
    assert caught.value.code == code


def test_what_single_policies_ask_follows_from_the_rest_or_is_empty(
    parts: list[demo.CountyPart], ask: Ask
) -> None:
    extra = [f.name for f in dictionary.entity("county").fields.values() if f.extra]
    assert extra
    for part in parts:
        table = part.table("county")
        assert [n for n in extra if table[n].null_count < table.num_rows] == []
    assert ask("SELECT count(*) FROM household WHERE micro_loan IS NOT NULL") == [(0,)]
    assert ask(
        "SELECT count(*) FROM household WHERE relocation_consent <> (relocation <> 'none')"
        " OR relocation_consent <> harsh_environment OR settlement_wish IS NULL"
    ) == [(0,)]
    assert ask("SELECT count(*) FROM village WHERE has_bus IS DISTINCT FROM road_hardened") == [
        (0,)
    ]


def test_what_offices_record_agrees_with_whom_they_record_it_of(ask: Ask) -> None:
    assert ask(
        "SELECT count(*) FROM person WHERE wants_enterprise_job AND NOT can_join_enterprise"
        " OR can_join_enterprise AND labour NOT IN ('skilled', 'ordinary')"
        " OR placed_by_trainer <> (contract_months IS NOT NULL)"
        " OR stable_job AND months_working_away < 6 OR treatment_class IS NULL"
    ) == [(0,)]
    assert ask(
        "SELECT count(*) FROM household WHERE (exited_on IS NOT NULL)"
        " <> (status IN ('observed', 'exited')) OR exited_on > DATE '2016-12-31'"
        " OR hukou_moved AND relocation <> 'moved' OR three_without AND category <> 'wubao'"
        " OR (resettlement_site IS NOT NULL) <> (relocation <> 'none')"
    ) == [(0,)]
    assert ask("SELECT count(DISTINCT treatment_class) FROM person") == [(4,)]
    assert ask("SELECT count(*) > 0 FROM household WHERE family_doctor AND helper_assigned") == [
        (True,)
    ]
