"""Checks that look past one cell: rules over the row as it will be, references, duplicates.

Everything is whole-table SQL on the workbench; each check adds rows to `fault`.
"""

from __future__ import annotations

from bangfu.collect import rules
from bangfu.collect.workbench import Bench
from bangfu.dictionary import entity
from bangfu.kernel import clock, region

_RELATIVE = ("sex", "birth_date", "spouse_no")


def check_rows(bench: Bench, scope_code: str, year: int) -> None:
    """All checks, in the order their tables depend on each other."""
    _merge(bench, "household")
    _merge(bench, "person")
    _homes_and_people(bench)
    for name in ("household", "person"):
        _keys(bench, name)
    _places(bench, scope_code)
    _references(bench)
    _duplicate_numbers(bench)
    _apply_rules(bench, "household", _household_context(year))
    _apply_rules(bench, "person", _person_context(year))
    _heads(bench)
    _cascade(bench)
    _fill_values(bench)


def _merge(bench: Bench, name: str) -> None:
    """`<name>_now`: each file row with blanks filled from the registry."""
    fields = [f.name for f in entity(name).fields.values()]
    if not bench.one(f"SELECT count(*) FROM known_{name}"):
        bench.run(
            f"CREATE VIEW {name}_now AS SELECT *, true AS present, true AS is_new FROM {name}"
        )
        return
    key = entity(name).key
    columns = ", ".join(
        f"CASE WHEN list_contains(s.cleared, '{f}') THEN NULL ELSE coalesce(s.{f}, k.{f}) END AS {f}"
        if f != key
        else f"s.{f}"
        for f in fields
    )
    bench.run(
        f"CREATE TABLE {name}_now AS SELECT s.row_no, {columns}, coalesce(k.present, true) AS present,"
        f" k.{key} IS NULL AS is_new FROM {name} s LEFT JOIN known_{name} k ON k.{key} = s.{key}"
    )


def _homes_and_people(bench: Bench) -> None:
    """`home`: households by number, `people`: persons by number; of file and registry alike."""
    bench.run(
        "CREATE TABLE home AS"
        " SELECT household_no, any_value(village_code) AS village_code, any_value(category) AS category,"
        " true AS in_file, any_value(row_no) AS row_no FROM household_now"
        " WHERE household_no IS NOT NULL GROUP BY household_no"
        " UNION ALL SELECT household_no, village_code, category, false, NULL FROM known_household"
        " ANTI JOIN household USING (household_no)"
    )
    columns = "person_no, household_no, relation, sex, birth_date, spouse_no, on_dibao"
    grouped = ", ".join(f"any_value({c}) AS {c}" for c in columns.split(", ")[1:])
    bench.run(
        f"CREATE TABLE people AS SELECT person_no, {grouped}, any_value(present) AS present,"
        " any_value(row_no) AS row_no FROM person_now WHERE person_no IS NOT NULL GROUP BY person_no"
        f" UNION ALL SELECT {columns}, present, NULL FROM known_person ANTI JOIN person USING (person_no)"
    )


def _add(bench: Bench, name: str, field: str, code: str, rows: str, note: str = "''") -> None:
    """Add fault `code` for each row of `rows` (a FROM … WHERE … over alias r)."""
    bench.run(
        f"INSERT INTO fault SELECT '{name}', r.row_no, '{field}', '{code}', NULL, {note} {rows}"
    )


def _sound(name: str, field: str) -> str:
    """The cell has no fault of its own, so that one mistake is said once."""
    return (
        f"NOT EXISTS (SELECT 1 FROM fault f WHERE f.entity = '{name}' AND f.row_no = r.row_no"
        f" AND f.field = '{field}')"
    )


def _keys(bench: Bench, name: str) -> None:
    key = entity(name).key
    _add(
        bench,
        name,
        key,
        "key_missing",
        f"FROM {name} r WHERE r.{key} IS NULL AND {_sound(name, key)}",
    )
    bench.run(
        f"CREATE TEMP TABLE twice AS SELECT {key} AS k, list_sort(list(row_no))[1:5] AS rows FROM {name}"
        f" WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1"
    )
    _add(
        bench, name, key, "key_twice", f"FROM {name} r JOIN twice t ON t.k = r.{key}",
        "array_to_string(list_filter(t.rows, lambda x: x <> r.row_no), '、')",
    )  # fmt: skip
    bench.run("DROP TABLE twice")
    owner = "village_code" if name == "household" else "household_no"
    _add(
        bench, name, owner, "key_missing",
        f"FROM {name}_now r WHERE r.is_new AND r.{owner} IS NULL AND {_sound(name, owner)}",
    )  # fmt: skip


def _places(bench: Bench, scope_code: str) -> None:
    low, high = scope_code, region.upper_bound(scope_code)
    outside = "NOT ({0} >= '" + low + "' AND {0} < '" + high + "')"
    _add(
        bench, "household", "village_code", "village_unknown",
        "FROM household_now r WHERE r.village_code NOT IN (SELECT code FROM village)",
    )  # fmt: skip
    _add(
        bench, "household", "village_code", "out_of_scope",
        "FROM household_now r LEFT JOIN known_household k USING (household_no)"
        f" WHERE ({outside.format('r.village_code')} OR coalesce({outside.format('k.village_code')}, false))"
        " AND r.village_code IN (SELECT code FROM village)",
    )  # fmt: skip
    _add(
        bench, "person", "household_no", "out_of_scope",
        "FROM person_now r JOIN home h USING (household_no) LEFT JOIN known_person k USING (person_no)"
        f" WHERE {outside.format('h.village_code')} OR coalesce({outside.format('k.village_code')}, false)",
    )  # fmt: skip


def _references(bench: Bench) -> None:
    _add(
        bench, "person", "household_no", "household_unknown",
        "FROM person_now r ANTI JOIN home USING (household_no) WHERE r.household_no IS NOT NULL",
    )  # fmt: skip
    _add(
        bench, "person", "person_no", "number_of_household",
        "FROM person_now r WHERE r.is_new AND left(r.person_no, 18) <> r.household_no",
    )  # fmt: skip
    for field, code in (
        ("father_no", "father_unknown"), ("mother_no", "mother_unknown"), ("spouse_no", "spouse_unknown"),
    ):  # fmt: skip
        _add(
            bench, "person", field, code,
            f"FROM (SELECT row_no, {field} FROM person WHERE {field} IS NOT NULL) r"
            f" ANTI JOIN people k ON k.person_no = r.{field}",
        )  # fmt: skip


def _duplicate_numbers(bench: Bench) -> None:
    bench.run(
        "CREATE TEMP TABLE twice AS SELECT id_number, list_sort(list(row_no))[1:5] AS rows FROM person"
        " WHERE id_number IS NOT NULL GROUP BY id_number"
        " HAVING count(DISTINCT person_no) > 1"
    )
    _add(
        bench, "person", "id_number", "id_twice", "FROM person r JOIN twice t USING (id_number)",
        "array_to_string(list_filter(t.rows, lambda x: x <> r.row_no), '、')",
    )  # fmt: skip
    bench.run("DROP TABLE twice")


def _household_context(year: int) -> str:
    return f"SELECT r.*, DATE '{clock.today()}' AS today, {year} AS year FROM household_now r"


def _person_context(year: int) -> str:
    relatives = ", ".join(
        "struct_pack(" + ", ".join(f"{c} := {who}.{c}" for c in _RELATIVE) + f") AS {who}"
        for who in ("father", "mother", "spouse")
    )
    joins = " ".join(
        f"LEFT JOIN people {who} ON {who}.person_no = r.{who}_no"
        for who in ("father", "mother", "spouse")
    )
    return (
        f"SELECT r.*, DATE '{clock.today()}' AS today, {year} AS year,"
        f" date_sub('year', r.birth_date, DATE '{year}-12-31') AS age,"
        " id_birth_of(r.id_number) AS id_birth,"
        " CASE WHEN r.id_number IS NOT NULL THEN"
        " CASE WHEN ascii(substr(r.id_number, 17, 1)) % 2 = 1 THEN 'male' ELSE 'female' END END AS id_sex,"
        f" struct_pack(category := h.category) AS h, {relatives}"
        f" FROM person_now r LEFT JOIN home h USING (household_no) {joins}"
    )


def _apply_rules(bench: Bench, name: str, context: str) -> None:
    found = rules.row_rules(name)
    verdicts = ", ".join(f"({rule.fault}) AS v{at}" for at, rule in enumerate(found))
    bench.run(f"CREATE TEMP TABLE verdict AS SELECT row_no, {verdicts} FROM ({context})")
    bench.run(
        "INSERT INTO fault "
        + " UNION ALL ".join(
            f"SELECT '{name}', row_no, '{rule.field}', '{rule.code}', NULL, '' FROM verdict WHERE v{at}"
            for at, rule in enumerate(found)
        )
    )
    bench.run("DROP TABLE verdict")


def _heads(bench: Bench) -> None:
    """Exactly one head in each household the file touches; who has not said the relation of
    somebody is not told that there is none."""
    bench.run(
        "CREATE TEMP TABLE headed AS SELECT p.household_no,"
        " count(*) FILTER (relation = 'head') AS heads, count(*) FILTER (relation IS NULL) AS unsaid,"
        " bool_or(on_dibao) AS dibao, count(*) FILTER (on_dibao IS NULL) AS undibao,"
        " min(p.row_no) AS first_row, list_sort(list(coalesce('第 ' || p.row_no || ' 行', p.person_no))"
        " FILTER (relation = 'head'))[1:4] AS who"
        " FROM people p WHERE p.present AND p.household_no IS NOT NULL GROUP BY p.household_no"
        " HAVING count(p.row_no) > 0"
    )
    _add(
        bench, "person", "relation", "two_heads",
        "FROM person_now r JOIN headed t USING (household_no) WHERE r.relation = 'head' AND t.heads > 1",
        "array_to_string(list_filter(t.who, lambda x: x <> '第 ' || r.row_no || ' 行'"
        " AND x <> r.person_no), '、')",
    )  # fmt: skip
    headless = "t.heads = 0 AND t.unsaid = 0"
    _add(
        bench, "household", "household_no", "no_head",
        f"FROM household r JOIN headed t USING (household_no) WHERE {headless}",
    )  # fmt: skip
    _add(
        bench, "person", "relation", "no_head",
        "FROM (SELECT first_row AS row_no FROM headed t ANTI JOIN household USING (household_no)"
        f" WHERE {headless}) r",
    )  # fmt: skip
    _add(
        bench, "household", "category", "dibao_household",
        "FROM household_now r JOIN headed t USING (household_no)"
        " WHERE r.category = 'dibao' AND t.dibao = false AND t.undibao = 0",
    )  # fmt: skip


def _cascade(bench: Bench) -> None:
    _add(
        bench, "person", "household_no", "household_refused",
        "FROM person_now r JOIN household s USING (household_no)"
        f" WHERE s.row_no IN {bench.refused('household')}"
        " AND NOT EXISTS (SELECT 1 FROM known_household k WHERE k.household_no = r.household_no)",
    )  # fmt: skip


def _fill_values(bench: Bench) -> None:
    """Faults of rules say the value as it would be."""
    asked = bench.run(
        "SELECT DISTINCT entity, field FROM fault WHERE value IS NULL AND field <> ''"
    ).fetchall()
    for name, field in asked:
        bench.run(
            f"UPDATE fault SET value = CAST(n.{field} AS VARCHAR) FROM {name}_now n"
            f" WHERE fault.value IS NULL AND fault.entity = '{name}' AND fault.field = '{field}'"
            " AND n.row_no = fault.row_no"
        )
