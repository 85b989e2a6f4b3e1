"""The second wall: PostgreSQL itself shows and takes only the scope's rows."""

from __future__ import annotations

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from bangfu import audit
from bangfu.access.session import ROLE, scoped
from tests import world as made

pytestmark = pytest.mark.django_db
OURS = ("audit_change",)


def _select(statement: str, values: list[object] | None = None) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or [])
        return list(cursor.fetchall())


def tables_of_people() -> list[tuple[str, str]]:
    """(table, its scope column) of every table that names a household or a person."""
    rows = _select(
        "SELECT c.table_name, array_agg(c.column_name::text) FROM information_schema.columns c"
        " JOIN pg_class k ON k.relname = c.table_name AND k.relkind IN ('r', 'p')"
        " WHERE c.table_schema = 'public' GROUP BY 1"
    )
    found = []
    for table, columns in rows:
        named = {"household_no", "person_no", "subject_no"} & set(columns)  # type: ignore[arg-type]
        if named or table in OURS:
            column = next(
                (c for c in ("village_code", "region_code") if c in columns),
                "",  # type: ignore[operator]
            )
            found.append((str(table), column))
    return found


def test_every_table_of_people_stands_behind_the_wall() -> None:
    walled = {str(r[0]) for r in _select("SELECT relname FROM pg_class WHERE relrowsecurity")}
    mine = "SELECT tablename, qual FROM pg_policies WHERE %s = ANY(roles)"
    policies = {str(r[0]): str(r[1]) for r in _select(mine, [ROLE])}
    tables = tables_of_people()
    assert {"registry_household", "registry_person", "registry_membership"} <= {
        t for t, _ in tables
    }
    for table, column in tables:
        assert column, f"{table} has no column to scope by"
        assert table in walled, table
        assert "bangfu.region_from" in policies[table], table


def _lend() -> None:
    """A loan to every family, so that no table of people in the registry is empty."""
    from bangfu.registry.models import Loan

    with audit.event("test.loans", actor=made.ACTOR, region_code="45"):
        for number, _phone, _people in made.FAMILIES:
            Loan.objects.create(
                loan_no=f"{number}L1", region_code=number[:12], household_no=number,
                borrower="household",
            )  # fmt: skip


def test_a_raw_select_shows_only_one_s_own(world: None) -> None:
    _lend()
    for table, column in tables_of_people():
        everything = len(_select(f"SELECT 1 FROM {table}"))
        with scoped(made.scope(made.DISU)):
            seen = _select(f"SELECT {column} FROM {table}")
        assert all(str(code).startswith(made.DISU) for (code,) in seen), table
        with scoped(made.scope("451299")):
            assert not _select(f"SELECT 1 FROM {table}"), table
        if table.startswith("registry_"):
            assert everything > len(seen) > 0, table


def test_forgetting_the_scope_in_a_query_shows_nothing_foreign(world: None) -> None:
    from bangfu.registry.models import Household, HouseholdYear, Person

    with scoped(made.scope(made.GAOLING)):
        assert Household.objects.count() == 3
        assert not Household.objects.filter(pk=made.FOREIGN).exists()
        assert not Person.objects.filter(village_code=made.DISU_VILLAGE).exists()
        assert not HouseholdYear.objects.filter(household_no=made.FOREIGN).exists()
    assert Household.objects.count() == len(made.FAMILIES)


def test_nothing_foreign_is_changed_removed_or_made(world: None) -> None:
    from bangfu.registry.models import Household

    with scoped(made.scope(made.GAOLING)), audit.event("test.wide", actor=made.ACTOR) as event:
        assert Household.objects.filter(pk=made.FOREIGN).update(status="exited") == 0
        assert Household.objects.update(status="candidate") == 3
        for code in (made.DISU_VILLAGE, made.LONGZANG):
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                Household.objects.create(household_no=f"{code}000099", village_code=code)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Household.objects.filter(pk=made.FIRST).update(village_code=made.DISU_VILLAGE)
    assert Household.objects.get(pk=made.FOREIGN).status == "registered"
    assert audit.verify().ok
    assert event.id


def test_copy_does_not_go_round_the_wall(world: None) -> None:
    with (
        pytest.raises(psycopg.Error, match="row-level security"),
        scoped(made.scope(made.GAOLING)),
        audit.event("test.copy", actor=made.ACTOR),
        connection.cursor() as cursor,
        cursor.copy("COPY registry_household (household_no, village_code) FROM STDIN") as copy,
    ):
        copy.write(f"{made.DISU_VILLAGE}000077\t{made.DISU_VILLAGE}\n")


def test_without_a_region_there_is_nothing(world: None) -> None:
    from bangfu.registry.models import Household

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        assert Household.objects.count() == 0
        cursor.execute("SET LOCAL ROLE NONE")


def test_leaving_an_inner_scope_restores_the_outer(world: None) -> None:
    from bangfu.registry.models import Household

    with scoped(made.scope(made.DUAN)):
        assert Household.objects.count() == 4
        with scoped(made.scope(made.DISU)):
            assert Household.objects.count() == 1
        assert Household.objects.count() == 4
        with pytest.raises(RuntimeError), scoped(made.scope(made.DISU)):
            raise RuntimeError
        assert Household.objects.count() == 4
    assert Household.objects.count() == 5


def test_the_restricted_role_cannot_take_the_wall_down(world: None) -> None:
    for statement in (
        "ALTER TABLE registry_household DISABLE ROW LEVEL SECURITY",
        "DROP POLICY registry_household_scope ON registry_household",
        "TRUNCATE registry_household CASCADE",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    ):
        with (
            pytest.raises(DatabaseError),
            scoped(made.scope(made.DUAN)),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
