"""One township, or village, by itself: what changed there is judged again in a moment.

Of the county's persons only those of the township are read into tables, with their parents,
spouses and children wherever in the county they live; the program is the county's own. What a
rule asks of a whole county (or of relatives' households) cannot be told from those rows: then
the county is computed and the township's findings are kept. Findings of the township, its
villages, households and persons come out, not those of the places above it.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from bangfu import lake
from bangfu.policy import problems
from bangfu.policy.script import RuleHead, Script, literal
from bangfu.policy.views import view_of

DIGITS = {"village": 12, "township": 9}
_BELOW = ("person", "household", "village")


def county_of(snapshot: lake.Snapshot, region: str) -> str:
    """The county of a township or village. Raises UNKNOWN_REGION."""
    known = region.isascii() and region.isdigit() and len(region) in DIGITS.values()
    if not known or region[:6] not in snapshot.counties:
        raise problems.UNKNOWN_REGION(region=region, known="、".join(snapshot.counties))
    return region[:6]


def judged(region: str, rules: Iterable[RuleHead]) -> tuple[str, ...]:
    """Ids of the rules that say something of the region or of what lies in it."""
    entities = (*_BELOW, "township") if len(region) == DIGITS["township"] else _BELOW
    return tuple(rule.id for rule in rules if rule.entity in entities)


class Township:
    """The tables of one region on one cursor."""

    def __init__(self, snapshot: lake.Snapshot, region: str) -> None:
        self.snapshot, self.region = snapshot, region
        self.county = county_of(snapshot, region)

    def fill(self, cursor: duckdb.DuckDBPyConnection, program: Script) -> dict[str, int]:
        """Make the `src_` tables; gives the region's rows by entity. Raises UNKNOWN_REGION."""
        whole = set(program.gathers) - {"village", "household"}
        if len(self.region) == DIGITS["township"]:
            whole.discard("township")
        for entity in lake.ENTITIES:
            # Only what the program reads: a table, unlike a view, is made of every column.
            names = (*program.reads.get(entity, ()), *self.snapshot.columns(entity)[:1])
            present = [n for n in self.snapshot.columns(entity) if n in names]
            view = view_of(self.snapshot, entity, [self.county], present)
            cursor.execute(f"CREATE OR REPLACE TEMP VIEW all_{entity} AS {view}")
            cursor.execute(f"CREATE OR REPLACE TEMP VIEW src_{entity} AS FROM all_{entity}")
        here = f"starts_with(_village, {literal(self.region)})"
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE here AS FROM all_household WHERE {here}")
        cursor.execute("CREATE OR REPLACE TEMP TABLE people AS"
                       " FROM all_person SEMI JOIN here USING (household_no)")  # fmt: skip
        if not whole:
            self._narrow(cursor, program, here)
        counted = {
            "household": "here", "person": "people",
            "village": f"all_village WHERE {here}",
            "township": f"all_township WHERE starts_with(_township, {literal(self.region)})",
        }  # fmt: skip
        rows = dict.fromkeys(lake.ENTITIES, 0)
        for entity, table in counted.items():
            found = cursor.execute(f"SELECT count(*) FROM {table}").fetchone()  # our names
            rows[entity] = found[0] if found else 0
        if not rows["household"] and not rows["village"]:
            known = "、".join(self.snapshot.counties)
            raise problems.UNKNOWN_REGION(region=self.region, known=known)
        return rows

    @staticmethod
    def _narrow(cursor: duckdb.DuckDBPyConnection, program: Script, here: str) -> None:
        """Households, persons and villages of the region alone, and those persons' relatives."""
        known = {"father_no", "mother_no", "spouse_no"} & set(program.reads["person"])
        named = [f"SELECT {link} FROM people" for link in sorted(known)]
        kin = [f"person_no IN ({' UNION '.join(named)})"] if named else []
        kin += [f"{link} IN (SELECT person_no FROM people)"
                for link in sorted(known - {"spouse_no"})]  # fmt: skip
        relatives = ""
        if kin:
            relatives = (" UNION ALL FROM all_person ANTI JOIN people USING (person_no)"
                         f" WHERE {' OR '.join(kin)}")  # fmt: skip
        for entity, rows in (
            ("household", "FROM here"),
            ("person", f"FROM people{relatives}"),
            ("village", f"FROM all_village WHERE {here}"),
        ):
            cursor.execute(f"DROP VIEW src_{entity}")
            cursor.execute(f"CREATE TEMP TABLE src_{entity} AS {rows}")

    def keep(self, cursor: duckdb.DuckDBPyConnection, program: Script) -> None:
        """Leave only the region's rows in the program's final tables."""
        here = f"starts_with(region_code, {literal(self.region)})"
        for table in program.finals:
            cursor.execute(f"DELETE FROM {table} WHERE ({here}) IS NOT TRUE")
