"""Fills an empty registry with the demo city: one audit event, one transaction, COPY per county.

Called by `bangfu demo-load` and `bangfu demo`, tests and benches. Personal data is encrypted
on the way in like anybody's. A killed load leaves the registry empty.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from psycopg import sql

from bangfu import audit
from bangfu.demo import problems
from bangfu.demo.city import CountyPart, city
from bangfu.demo.summary import Summary
from bangfu.dictionary import OTHERS
from bangfu.registry import bulk, divisions, records
from bangfu.registry.models import County, Division, Household
from bangfu.registry.tables import plan

YEAR = 2016
STARTED_ON = "2016-01-01"  # everybody's membership: the round of identification ended then
Progress = Callable[[int, int, str], None]


def fill(
    persons: int,
    *,
    seed: int = 1,
    actor: audit.Actor | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Load a city of `persons` persons; what it holds. `progress(counties done, all, name)`.

    Loads the divisions first where they are missing. Raises REGISTRY_NOT_EMPTY, TOO_SMALL,
    BAD_SEED and Problem `access.no_key`.
    """
    if Household.objects.exists():
        raise problems.REGISTRY_NOT_EMPTY()
    if not Division.objects.exists():
        divisions.load()
    total = County.objects.count()
    summary = Summary(persons, seed)
    with audit.event(
        "demo.loaded",
        actor=actor or audit.Actor.system(),
        source=f"demo city, {persons} persons, seed {seed}",
    ) as event:
        for part in city(persons, seed):
            _county(part)
            summary.add(part)
            if progress:
                progress(summary.counties, total, divisions.names().get(part.county_code, ""))
        _analyze()
        event.detail.update(summary.figures(), defects=dict(summary.defects))
    return summary


def _county(part: CountyPart) -> None:
    village_code = pc.utf8_slice_codeunits(part.person["person_no"], 0, 12)
    person = part.person.append_column("village_code", village_code)
    for name in ("village", "county"):
        _places(name, part.table(name))
    for name, rows in (("household", part.household), ("person", person)):
        bulk.load_new(name, iter([rows]), YEAR, STARTED_ON)
    for name in (*(n for n in OTHERS if n != "loan"), "loan"):
        rows = part.table(name)
        records.copy_in(name, rows.column_names, [_csv(rows)])


def _csv(rows: pa.Table) -> bytes:
    """Rows as PostgreSQL reads them; a list of codes in braces."""
    for position, field in enumerate(rows.schema):
        if pa.types.is_list(field.type):
            joined = pc.binary_join(rows.column(position), ",")
            braced = pc.binary_join_element_wise("{", joined, "}", "")
            rows = rows.set_column(position, field.name, braced)
    buffer = io.BytesIO()
    pacsv.write_csv(rows, buffer, pacsv.WriteOptions(include_header=False))
    return buffer.getvalue()


def _places(name: str, rows: pa.Table) -> None:
    """Villages and counties stand in the registry already, with nothing but their codes."""
    stage = f"staging_load_{name}"
    bulk.drop_stage(stage)
    bulk.create_stage(stage, name)
    bulk.copy_in(stage, rows)
    bulk.compare(stage, name, YEAR)
    bulk.apply(stage, name, YEAR)
    bulk.drop_stage(stage)


def _analyze() -> None:
    """Fresh statistics, so that the first pages are as quick as the later ones."""
    tables = [plan(n) for n in ("household", "person", "village", "county")]
    names = [t for p in tables for t in (p.table, p.year_table)]
    for name in [*names, "registry_membership"]:
        bulk.run(sql.SQL("ANALYZE {}").format(sql.Identifier(name)))
