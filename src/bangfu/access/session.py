"""The second wall: a transaction in which PostgreSQL itself shows only the scope's rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from bangfu.access.scope import Scope
from bangfu.kernel import region

ROLE = "bangfu_scoped"
GRANTED = "bangfu_granted"  # people from outside: no policy of the regions names this role
_SET = """
SELECT set_config('role', %s, true), set_config('bangfu.region_from', %s, true),
       set_config('bangfu.region_to', %s, true), set_config('bangfu.grant', %s, true)
"""


@contextmanager
def scoped(scope: Scope) -> Iterator[None]:
    """One transaction under the restricted role, limited to `scope.region_code`.

    May nest: leaving the inner one restores the outer wall. A failure inside rolls back to
    where it began, settings included. Under a grant the role is one to which PostgreSQL shows
    no row of a walled table unless a policy of the grant's room names it, and an inner scope
    cannot widen that.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('role'), coalesce(current_setting('bangfu.region_from', true),"
            " ''), coalesce(current_setting('bangfu.region_to', true), ''),"
            " coalesce(current_setting('bangfu.grant', true), '')"
        )
        before = cursor.fetchone()
        if scope.grant is not None:
            cursor.execute(_SET, [GRANTED, "", "", str(scope.grant.number)])
        elif before[0] != GRANTED:
            upper = region.upper_bound(scope.region_code)
            cursor.execute(_SET, [ROLE, scope.region_code, upper, ""])
        yield
        cursor.execute(_SET, before)


def wall(table: str, column: str = "village_code") -> str:
    """SQL that puts `table` behind row-level security on `column` (called from migrations)."""
    limit = (
        f"{column} >= current_setting('bangfu.region_from', true)"
        f" AND {column} < current_setting('bangfu.region_to', true)"
    )
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY {table}_scope ON {table} TO {ROLE} USING ({limit}) WITH CHECK ({limit});"
    )


def create_role(role: str) -> str:
    """SQL that makes a role without login, with rights on every table that is and will be."""
    return f"""
DO $$ BEGIN
  CREATE ROLE {role} NOLOGIN;
EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN
  EXECUTE format('GRANT {role} TO %I', current_user);
EXCEPTION WHEN OTHERS THEN NULL; END $$;
GRANT USAGE ON SCHEMA public TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
"""


CREATE_ROLE = create_role(ROLE)
