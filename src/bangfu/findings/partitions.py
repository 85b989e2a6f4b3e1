"""One partition a run: made beside the work tables, filled, then attached whole.

Called by the migration and by `loading`. Names of tables are ours, never input.
"""

from __future__ import annotations

from django.db import connection, transaction

from bangfu.access.session import ROLE, wall

# table -> (unique key, other indexes)
_PLAIN = "(run_id, rule, subject)"
_LISTED = ("(rule, village_code)", "(household_no)")
# Lists go by household number within a rule and a region.
IN_ORDER = "(rule, household_no, village_code)"
Tables = dict[str, tuple[str, tuple[str, ...]]]
FIRST: Tables = {
    "findings_householdresult": ("run_id, household_no", ("(village_code)",)),
    "findings_entitlement": ("", (_PLAIN, *_LISTED)),
    "findings_alert": ("", (_PLAIN, *_LISTED)),
    "findings_undecided": ("", (_PLAIN, *_LISTED)),
    "findings_villagetotal": ("run_id, village_code", ()),
    "findings_ruletotal": ("run_id, rule, outcome, village_code", ("(village_code)",)),
    "findings_gaptotal": ("run_id, field, village_code", ("(village_code)",)),
}
FAILING: Tables = {
    "findings_failing": ("run_id, rule, household_no", ("(rule, village_code)", IN_ORDER))
}
DOUBLE: Tables = {
    "findings_doubleclaim": (
        "run_id, overlap, subject",
        ("(overlap, village_code)", "(household_no)", "(village_code)"),
    )
}
TABLES = FIRST | FAILING | DOUBLE


def divide(tables: Tables) -> str:
    """SQL that turns tables as Django made them into partitioned ones, walled and indexed."""
    return "\n".join(_divided(table, key, indexes) for table, (key, indexes) in tables.items())


def _divided(table: str, key: str, indexes: tuple[str, ...]) -> str:
    columns = f"LIKE {table} INCLUDING DEFAULTS" + (f", PRIMARY KEY ({key})" if key else "")
    made = [
        f"CREATE TABLE {table}_p ({columns}) PARTITION BY LIST (run_id);",
        f"DROP TABLE {table};",
        f"ALTER TABLE {table}_p RENAME TO {table};",
        *(f"CREATE INDEX ON {table} {index};" for index in indexes),
        wall(table),
    ]
    return "\n".join(made)


def part_of(table: str, run_id: int) -> str:
    """Name of a run's partition."""
    return f"{table}_r{int(run_id)}"


def create(run_id: int) -> None:
    """Empty tables for a run, standing alone: nobody sees them until `attach`."""
    with connection.cursor() as cursor:
        for table in TABLES:
            part = part_of(table, run_id)
            cursor.execute(f"DROP TABLE IF EXISTS {part}")
            cursor.execute(
                f"CREATE TABLE {part} (LIKE {table} INCLUDING DEFAULTS,"
                f" CONSTRAINT {part}_run CHECK (run_id = {int(run_id)}))"
            )
            # Pages read through the walled parent; the part itself is nobody's.
            cursor.execute(f"REVOKE ALL ON {part} FROM {ROLE}")


def attach(run_id: int) -> None:
    """Make a filled run part of the work tables; builds its indexes."""
    with connection.cursor() as cursor:
        for table in TABLES:
            part = part_of(table, run_id)
            cursor.execute(
                f"ALTER TABLE {table} ATTACH PARTITION {part} FOR VALUES IN ({int(run_id)})"
            )


def analyze() -> None:
    """Fresh statistics, so that the next page is planned well."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")


def attached() -> set[int]:
    """Runs whose rows are in the work tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'findings_householdresult'::regclass"
        )
        return {int(name.rpartition("_r")[2]) for (name,) in cursor.fetchall()}


def drop_loose(but: int) -> None:
    """Remove what cut-off runs left behind, except the parts of run `but`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c WHERE relkind = 'r' AND relname ~"
            " '^findings_[a-z]+_r[0-9]+$' AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        )
        for (name,) in cursor.fetchall():
            if not name.endswith(f"_r{int(but)}"):
                cursor.execute(f"DROP TABLE IF EXISTS {name}")


def drop(run_id: int) -> None:
    """Remove a run's rows, attached or not."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS {part_of(table, run_id)}")
