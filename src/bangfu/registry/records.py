"""Records beside households: townships, loans, enterprises, cooperatives, projects.

Called by the command line (a CSV or workbook at a time), the demo and the pages of findings.
Rows are checked whole before any is written; a batch is one audit event and is undone as one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from psycopg import sql

from bangfu import audit
from bangfu.access.scope import Scope
from bangfu.dictionary import LINKS, OTHERS, PLACE_COLUMN, entity
from bangfu.kernel import region
from bangfu.kernel.problems import Problem
from bangfu.registry import divisions, models, problems
from bangfu.registry.commands import parse

_TOLD = 20  # faults told of one batch
_KEY = 20  # characters of a key: what findings keep


@dataclass(frozen=True)
class Stored:
    """What a batch did: rows added, changed, and already so; the audit event (0: nothing)."""

    added: int
    changed: int
    same: int
    event_id: int


def model_of(name: str) -> Any:
    """The table of one of these entities. Raises Problem `registry.unknown_record`."""
    if name not in OTHERS:
        raise problems.UNKNOWN_RECORD(name=name, known="、".join(OTHERS))
    return getattr(models, name.capitalize())


def records(scope: Scope, name: str) -> QuerySet[Any]:
    """Rows of one kind inside the scope, by key. Raises Problem for an unknown kind."""
    found = model_of(name).objects.filter(scope.q(PLACE_COLUMN[name]))
    return found.order_by(entity(name).key)  # type: ignore[no-any-return]


def plain(name: str, row: Any) -> dict[str, Any]:
    """A row as dictionary names and values."""
    return {field: getattr(row, field) for field in entity(name).fields}


def titles(scope: Scope, keys: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Names of enterprises, cooperatives and projects by key, for lists."""
    found: dict[str, str] = {}
    for name, wanted in keys.items():
        if name in OTHERS and "title" in entity(name).fields:
            rows = records(scope, name).filter(pk__in=list(wanted))
            found.update((key, title or key) for key, title in rows.values_list("pk", "title"))
    return found


def put(scope: Scope, name: str, rows: Iterable[Mapping[str, str]], *, source: str = "") -> Stored:
    """Add or change rows of one kind; values are text as people write them, '' is unknown,
    a column that a row does not have is left alone.

    Raises Problem `registry.records_refused` naming rows and columns when any is faulty,
    `registry.unknown_record`, and `access.forbidden` without the right.
    """
    scope.require("import.apply")
    model, key = model_of(name), entity(name).key
    ready = _checked(scope, name, list(rows))
    before = {row.pk: plain(name, row) for row in model.objects.filter(pk__in=list(ready))}
    fresh = [values for pk, values in ready.items() if pk not in before]
    changed = [
        values for pk, values in ready.items()
        if pk in before and any(before[pk][k] != v for k, v in values.items())
    ]  # fmt: skip
    same = len(ready) - len(fresh) - len(changed)
    if not fresh and not changed:
        return Stored(0, 0, same, 0)
    with audit.event(
        f"{name}.recorded", actor=scope.actor, region_code=scope.region_code, source=source,
        detail={"added": len(fresh), "changed": len(changed)},
    ) as event:  # fmt: skip
        model.objects.bulk_create([model(**values) for values in fresh], batch_size=500)
        for values in changed:
            rest = {k: v for k, v in values.items() if k != key}
            model.objects.filter(pk=values[key]).update(**rest)
    return Stored(len(fresh), len(changed), same, event.id)


def remove(scope: Scope, name: str, number: str, reason: str) -> int:
    """Take one row out (it stays in the history); the event's id. Raises Problem."""
    scope.require("household.edit")
    found = records(scope, name).filter(pk=number)
    if not found.exists():
        raise problems.RECORD_NOT_FOUND(number=number)
    with audit.event(
        f"{name}.removed", actor=scope.actor, subject=number, region_code=scope.region_code,
        detail={"reason": reason},
    ) as event:  # fmt: skip
        found.delete()
    return event.id


def _checked(scope: Scope, name: str, rows: list[Mapping[str, str]]) -> dict[str, dict[str, Any]]:
    """Typed rows by key. Raises RECORDS_REFUSED."""
    fields, key = entity(name).fields, entity(name).key
    faults: list[str] = []
    found: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows, start=2):  # as a sheet counts, under its heading
        values: dict[str, Any] = {}
        for given, text in row.items():
            if given not in fields:
                faults.append(f"第 {number} 行：没有“{given}”这一列")
                continue
            try:
                values[given] = parse(fields[given], text)
            except Problem as problem:
                faults.append(f"第 {number} 行：{problem.message('zh')}")
        pk = values.get(key)
        if not pk or len(pk) > _KEY or pk in found:
            faults.append(f"第 {number} 行：{fields[key].zh}须填写、不重复且不超过 {_KEY} 位")
            continue
        faults += [f"第 {number} 行：{fault}" for fault in _place_faults(scope, name, pk, values)]
        found[pk] = values
    faults += _owner_faults(scope, name, found)
    if faults:
        more = f"……共 {len(faults)} 处" if len(faults) > _TOLD else ""
        raise problems.RECORDS_REFUSED(faults="；".join(faults[:_TOLD]) + more)
    return found


def _place_faults(scope: Scope, name: str, pk: str, values: Mapping[str, Any]) -> list[str]:
    column = PLACE_COLUMN[name]
    place = str(values.get(column) or "")
    if not region.is_code(place) or place not in divisions.names():
        return [f"{entity(name).fields[column].zh}“{place}”不存在"]
    if not scope.covers(place):
        return [f"{place} 不在您的辖区内"]
    if pk[:6] != place[:6]:
        return [f"编号 {pk} 应以所在县代码 {place[:6]} 开头"]
    return []


def _owner_faults(scope: Scope, name: str, found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Loans whose borrower is not one registered owner in the place given."""
    if name != "loan":
        return []
    faults = []
    owners: dict[str, dict[str, str]] = {}
    for owner, column in LINKS["loan"].items():
        wanted = {str(v[column]) for v in found.values() if v.get(column)}
        table: Any = models.Household if owner == "household" else model_of(owner)
        place = PLACE_COLUMN[owner]
        rows = table.objects.filter(Q(pk__in=wanted), scope.q(place)).values_list("pk", place)
        owners[column] = dict(rows)
    for pk, values in found.items():
        given = [column for column in LINKS["loan"].values() if values.get(column)]
        if len(given) != 1:
            faults.append(f"贷款 {pk}：应填写且只填写一个借款主体编号")
        elif owners[given[0]].get(str(values[given[0]])) != values.get("region_code"):
            faults.append(f"贷款 {pk}：借款主体 {values[given[0]]} 未登记，或所在地与贷款不一致")
    return faults


def read(path: Path, name: str) -> list[dict[str, str]]:
    """Rows of a CSV file or the first sheet of a workbook, headed by labels or field names.

    Raises Problem `registry.unreadable_file`.
    """
    fields = entity(name).fields if name in OTHERS else {}
    named = {f.zh: f.name for f in fields.values()} | {n: n for n in fields}
    try:
        table = _sheet(path) if path.suffix.lower() == ".xlsx" else _csv(path)
    except (OSError, ValueError, KeyError, csv.Error) as fault:
        raise problems.UNREADABLE_FILE(file=path.name, reason=str(fault)) from fault
    heading = [named.get(cell.strip(), cell.strip()) for cell in table[0]] if table else []
    return [
        dict(zip(heading, row, strict=False)) for row in table[1:] if any(c.strip() for c in row)
    ]


def _csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def _sheet(path: Path) -> list[list[str]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except BadZipFile as fault:
        raise ValueError(str(fault)) from fault
    rows = book.worksheets[0].iter_rows(values_only=True)
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if hasattr(cell, "date"):
        return str(cell.date())
    return "" if cell is None else str(cell)


def copy_in(name: str, columns: list[str], lines: Iterable[bytes]) -> None:
    """Many rows as CSV blocks, straight into the table (demo loading; inside an audit event)."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(f"registry_{name}"), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in lines:
            copy.write(block)
