"""From the workbench to the registry's door: valid rows sealed and copied into staging tables.

Staging tables are UNLOGGED, named after the batch, walled by village like the registry's own,
and dropped when the batch is applied, cancelled or expired.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
from django.conf import settings
from django.db import connection
from psycopg import sql

from bangfu.access.session import wall
from bangfu.collect.headers import ENTITIES
from bangfu.collect.workbench import Bench
from bangfu.dictionary import entity
from bangfu.registry import bulk
from bangfu.registry.tables import plan

_PART = 50_000
_PARALLEL_FROM = 150_000  # rows; below, starting a helper process costs more than it saves


def table_of(batch_id: int, name: str) -> str:
    """Name of the staging table of one entity of a batch."""
    return f"collect_stage_{int(batch_id)}_{name}"


def exists(batch_id: int, name: str) -> bool:
    """Whether the staging table is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table_of(batch_id, name)])
        return bool(cursor.fetchone()[0])


def drop(batch_id: int) -> None:
    """Remove the batch's staging tables."""
    for name in ENTITIES:
        bulk.drop_stage(table_of(batch_id, name))


def fill(bench: Bench, batch_id: int, progress: Callable[[int, int], None]) -> None:
    """Copy the valid rows of both entities into new staging tables."""
    total = {
        name: int(
            bench.one(f"SELECT count(*) FROM {name} WHERE row_no NOT IN {bench.refused(name)}")
        )
        for name in ENTITIES
    }
    done = 0
    with _sealing(sum(total.values())) as seal:
        for name in ENTITIES:
            table = table_of(batch_id, name)
            bulk.drop_stage(table)
            if not total[name]:
                continue
            bulk.create_stage(table, name)
            for sealed in seal(name, _parts(bench, name)):
                done += bulk.copy_in(table, sealed)
                progress(done, sum(total.values()))
            bulk.run(
                sql.SQL("CREATE INDEX ON {} ({})").format(
                    sql.Identifier(table), sql.Identifier(plan(name).key)
                )
            )
            bulk.run(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
            with connection.cursor() as cursor:
                cursor.execute(wall(table))


def _parts(bench: Bench, name: str) -> Iterator[pa.Table]:
    """Valid rows in file order: as typed in the file, blanks left blank. A row whose number
    the registry does not know is marked new here, which spares comparing it."""
    fields = [f.name for f in entity(name).fields.values()]
    columns = ", ".join(f"s.{f}" for f in fields if f != "village_code")
    key = entity(name).key
    owner = key if name == "household" else "household_no"
    result = bench.run(
        f"SELECT s.row_no, CASE WHEN k.{key} IS NULL THEN 'new' END AS op, s.cleared, {columns},"
        f" h.village_code FROM {name} s LEFT JOIN known_{name} k ON k.{key} = s.{key}"
        f" LEFT JOIN home h ON h.household_no = coalesce(s.{owner}, k.{owner})"
        f" WHERE s.row_no NOT IN {bench.refused(name)}"
    ).to_arrow_reader(_PART)
    for batch in result:
        yield pa.Table.from_batches([batch])


Sealer = Callable[[str, Iterator[pa.Table]], Iterator[pa.Table]]


@contextmanager
def _sealing(rows: int) -> Iterator[Sealer]:
    """How parts are sealed: here, or for many rows in helper processes, one part ahead."""
    if rows < _PARALLEL_FROM or (os.cpu_count() or 1) < 2:
        yield lambda name, parts: (bulk.seal_columns(name, part) for part in parts)
        return
    helpers = ProcessPoolExecutor(
        2, mp_context=multiprocessing.get_context("spawn"),
        initializer=_prepare, initargs=(settings.BANGFU_KEY,),
    )  # fmt: skip

    def ahead(name: str, parts: Iterator[pa.Table]) -> Iterator[pa.Table]:
        waiting = []
        for part in parts:
            waiting.append((part, helpers.submit(bulk.sealed_values, _personal(name, part))))
            if len(waiting) > 2:
                first, sealed = waiting.pop(0)
                yield bulk.with_sealed(first, sealed.result())
        for part, sealed in waiting:
            yield bulk.with_sealed(part, sealed.result())

    try:
        yield ahead
    finally:
        helpers.shutdown(wait=True, cancel_futures=True)


def _prepare(secret: str) -> None:
    """In a helper process: the data key, and nothing else of the settings."""
    settings.configure(BANGFU_KEY=secret)


def _personal(name: str, part: pa.Table) -> dict[str, pa.Array]:
    wanted = [f.name for f in entity(name).select(pii=True) if f.name in part.column_names]
    return {column: part.column(column).combine_chunks() for column in wanted}


# A number that another person holds already can only be seen through the blind index.
_REGISTERED_NUMBERS = """
SELECT s.row_no, s.person_no, p.person_no, p.village_code FROM {stage} s
JOIN registry_person p ON p.id_number_blind = s.id_number_blind AND p.person_no <> s.person_no
WHERE s.id_number_blind IS NOT NULL
"""
_WITHOUT_HOUSEHOLD = """
SELECT s.row_no, s.person_no, s.household_no, s.village_code FROM {stage} s
WHERE s.op <> 'unchanged' AND s.household_no IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM registry_household h WHERE h.household_no = s.household_no)
  {staged}
"""


@dataclass(frozen=True)
class Late:
    """A staged row that cannot be applied as the registry is now: why, and who is concerned
    (another person's number, or a household's) in which village."""

    row_no: int
    key: str
    code: str
    field: str
    other: str
    village_code: str


def late(batch_id: int) -> list[Late]:
    """Staged persons whose identity number belongs to somebody else, or whose household is
    neither registered nor staged."""
    if not exists(batch_id, "person"):
        return []
    staged: sql.Composable = sql.SQL("")
    if exists(batch_id, "household"):
        staged = sql.SQL(
            "AND NOT EXISTS (SELECT 1 FROM {} t WHERE t.household_no = s.household_no)"
        ).format(sql.Identifier(table_of(batch_id, "household")))
    found = []
    for code, field, query in (
        ("id_registered", "id_number", _REGISTERED_NUMBERS),
        ("household_unknown", "household_no", _WITHOUT_HOUSEHOLD),
    ):
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(query).format(
                    stage=sql.Identifier(table_of(batch_id, "person")), staged=staged
                )
            )
            found += [Late(r, k, code, field, o, v or "") for r, k, o, v in cursor.fetchall()]
    return found


def take_out(batch_id: int, rows: list[Late]) -> None:
    """Remove rows from the staged persons."""
    if rows:
        bulk.run(
            sql.SQL("DELETE FROM {} WHERE row_no = ANY(%s)").format(
                sql.Identifier(table_of(batch_id, "person"))
            ),
            [[row.row_no for row in rows]],
        )
