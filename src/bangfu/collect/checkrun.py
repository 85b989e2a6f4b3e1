"""The job `import.check`: read, validate, stage, preview. Nothing in the registry changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.db import transaction

from bangfu.access import crypto
from bangfu.access.scope import Scope
from bangfu.collect import (
    checking,
    context,
    headers,
    marking,
    preview,
    problems,
    rules,
    staging,
    storage,
)
from bangfu.collect.headers import ENTITIES
from bangfu.collect.models import Batch, RowIssue
from bangfu.collect.reading import Sheet, sheets_of
from bangfu.collect.workbench import Bench
from bangfu.dictionary import entity
from bangfu.jobs import Progress
from bangfu.kernel import clock
from bangfu.registry import bulk

KEPT_ISSUES = 20_000  # rows of one batch kept for the page; the marked file has up to 100,000
_STEPS = 100


def run(scope: Scope, batch: Batch, progress: Progress, *, marked: bool = True) -> Batch:
    """Check `batch` and leave it staged or refused; with `marked` write the file to give back.

    Raises Problem for the file as a whole.
    """
    sources = [storage.root() / batch.folder / f"{n}.file" for n in range(len(batch.files))]
    progress(0, _STEPS, "读取文件")
    sheets = _open(batch, sources)
    with Bench() as bench:
        counts = {name: _blank() for name in ENTITIES}
        for sheet in sheets:
            counts[sheet.entity]["total"] = bench.load(sheet, _loading(sheet, progress))
        if not sum(c["total"] for c in counts.values()):
            raise problems.EMPTY(name=batch.title)
        progress(35, _STEPS, "核对登记库")
        context.bring(bench, batch.year)
        progress(45, _STEPS, "逐条校验规则")
        checking.check_rows(bench, scope.region_code, batch.year)
        progress(55, _STEPS, "暂存通过校验的行")
        staging.fill(
            bench, batch.pk,
            lambda done, total: progress(55 + 30 * done // max(total, 1), _STEPS, f"已暂存 {done:,} 行"),
        )  # fmt: skip
        progress(88, _STEPS, "与登记库比对")
        _refuse_late(bench, batch, scope)
        _count(bench, batch, counts)
        progress(94, _STEPS, "整理错误清单")
        _keep_issues(bench, batch, sheets)
        if marked and batch.total("refused") + batch.total("warned"):
            out = storage.root() / batch.folder / "marked.file"
            out.unlink(missing_ok=True)
            batch.marked = marking.write(bench, sheets, sources, out)
    for sheet in sheets:
        batch.files[sheet.file]["encoding"] = sheet.encoding
    batch.state = "refused" if batch.total("refused") else "staged"
    batch.checked_at = clock.now()
    batch.save()
    return batch


def _blank() -> dict[str, int]:
    return dict.fromkeys(("total", "new", "changed", "unchanged", "refused", "warned"), 0)


def _open(batch: Batch, sources: list[Path]) -> list[Sheet]:
    sheets: list[Sheet] = []
    for number, (file, source) in enumerate(zip(batch.files, sources, strict=True)):
        sheets += sheets_of(number, file["name"], partial(storage.read, source), batch.encoding)
    seen: dict[str, Sheet] = {}
    for sheet in sheets:
        if sheet.entity in seen:
            raise problems.TWICE(
                one=seen[sheet.entity].name, two=sheet.name, entity=headers.SHEETS[sheet.entity]
            )
        seen[sheet.entity] = sheet
    return sorted(sheets, key=lambda s: ENTITIES.index(s.entity))


def _loading(sheet: Sheet, progress: Progress) -> Callable[[int], None]:
    base = 0 if sheet.entity == "household" else 10

    def told(rows: int) -> None:
        share = min(rows / max(sheet.rows, 500_000), 1.0)
        progress(
            base + int(20 * share), _STEPS, f"{headers.SHEETS[sheet.entity]}：已读取 {rows:,} 行"
        )

    return told


def _refuse_late(bench: Bench, batch: Batch, scope: Scope) -> None:
    """Rows that only the registry can refuse, e.g. an identity number of somebody else."""
    found = staging.late(batch.pk)
    for row in found:
        bench.run(
            f"INSERT INTO fault SELECT 'person', ?, ?, ?, {row.field}, ? FROM person"
            " WHERE row_no = ?",
            row.row_no, row.field, row.code, late_note(scope, row), row.row_no,
        )  # fmt: skip
    staging.take_out(batch.pk, found)


def late_note(scope: Scope, row: staging.Late) -> str:
    """The other person is named only inside the scope."""
    if row.code != "id_registered":
        return ""
    return f"人编号 {row.other}" if scope.covers(row.village_code) else "在其他辖区"


def _count(bench: Bench, batch: Batch, counts: dict[str, dict[str, int]]) -> None:
    for name in ENTITIES:
        refused = bench.refused(name)
        counts[name]["refused"] = int(bench.one(f"SELECT count(*) FROM {refused}"))
        counts[name]["warned"] = int(
            bench.one(
                f"SELECT count(DISTINCT row_no) FROM fault WHERE entity = '{name}'"
                f" AND row_no NOT IN {refused}"
            )
        )
    batch.counts = counts
    compared(batch)
    batch.summary = [
        {"entity": e, "field": f, "code": c, "level": rules.every()[c].level, "rows": n}
        for e, f, c, n in bench.run(
            "SELECT f.entity, f.field, f.code, count(DISTINCT row_no) AS n FROM fault f"
            " LEFT JOIN warning w ON w.code = f.code GROUP BY ALL"
            " ORDER BY any_value(w.code) IS NOT NULL, n DESC"
        ).fetchall()
    ]


def compared(batch: Batch) -> None:
    """Counts and samples of the staged rows against the registry as it is now."""
    for name in ENTITIES:
        if staging.exists(batch.pk, name):
            batch.counts[name] |= bulk.compare(staging.table_of(batch.pk, name), name, batch.year)
    batch.preview = {name: preview.samples(batch.pk, name, batch.year) for name in ENTITIES}


_ISSUES = """
WITH chosen AS (
  SELECT entity, row_no, bool_or(code NOT IN (SELECT code FROM warning)) AS refuses FROM fault
  GROUP BY entity, row_no ORDER BY refuses DESC, entity, row_no LIMIT {limit})
SELECT c.entity, c.row_no, c.refuses, list(struct_pack(field := f.field, code := f.code,
       value := coalesce(f.value, ''), note := coalesce(f.note, '')))
FROM chosen c JOIN fault f USING (entity, row_no) GROUP BY ALL
ORDER BY c.refuses DESC, c.entity, c.row_no
"""


def _keep_issues(bench: Bench, batch: Batch, sheets: list[Sheet]) -> None:
    titles = {s.entity: s.name for s in sheets}
    keys = {name: entity(name).key for name in ENTITIES}
    bench.run(
        "CREATE TEMP TABLE named AS "
        + " UNION ALL ".join(
            f"SELECT '{n}' AS entity, row_no, {k} AS k FROM {n}_now"
            f" WHERE row_no IN (SELECT row_no FROM fault WHERE entity = '{n}')"
            for n, k in keys.items()
        )
    )
    names = {(e, r): k or "" for e, r, k in bench.run("SELECT * FROM named").fetchall()}
    rows = bench.run(_ISSUES.format(limit=KEPT_ISSUES)).fetchall()
    made = [
        RowIssue(
            batch=batch, region_code=batch.region_code, entity=name, row_no=row_no,
            level="error" if refuses else "warning", sheet=titles.get(name, "")[:100],
            key=names.get((name, row_no), ""), codes=sorted({f["code"] for f in faults}),
            sealed=crypto.seal(json.dumps(faults, ensure_ascii=False)),
        )
        for name, row_no, refuses, faults in rows
    ]  # fmt: skip
    with transaction.atomic():
        RowIssue.objects.filter(batch=batch).delete()
        RowIssue.objects.bulk_create(made, batch_size=2000)


def keep_late(scope: Scope, batch: Batch, rows: list[staging.Late]) -> None:
    """Rows refused after the check, because the registry changed meanwhile."""
    faults = [
        {"field": r.field, "code": r.code, "value": "", "note": late_note(scope, r)} for r in rows
    ]
    RowIssue.objects.bulk_create(
        RowIssue(
            batch=batch, region_code=batch.region_code, level="error", entity="person",
            sheet=headers.SHEETS["person"], row_no=row.row_no, key=row.key, codes=[row.code],
            sealed=crypto.seal(json.dumps([fault], ensure_ascii=False)),
        )
        for row, fault in zip(rows, faults, strict=True)
    )  # fmt: skip
    for code in sorted({r.code for r in rows}):
        field = next(r.field for r in rows if r.code == code)
        count = sum(r.code == code for r in rows)
        batch.summary.insert(
            0, {"entity": "person", "field": field, "code": code, "level": "error", "rows": count}
        )
