"""Findings files into the work tables: DuckDB folds them county by county, COPY writes them.

Called by the job (`evaluation`) and by `commands.reload`. Rows go into partitions that stand
alone until `switch` attaches them and makes the run current, in one transaction.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
from django.db import connection, transaction
from psycopg import sql

from bangfu.findings import partitions, problems
from bangfu.findings.models import Run
from bangfu.findings.rules import RuleSet
from bangfu.lake import Snapshot

TABLES = ("criteria", "entitlements", "limits", "alerts", "met", "undecided", "variables",
          "overlaps")  # fmt: skip
# Households that are judged for exit: poor ones, and those whose status nobody recorded.
ASSESSED = "(h.status IS NULL OR h.status IN ('registered', 'returned'))"
# How often a year an amount is paid; a day's is not known in advance.
_TIMES = {"year": 1, "semester": 2, "month": 12, "once": 1, "batch": 1}
_BATCH = 50_000
_CSV = pa_csv.WriteOptions(include_header=False)


class Findings:
    """A findings directory and its snapshot, as DuckDB sees them."""

    def __init__(self, path: Path, snapshot: Path, rules: RuleSet) -> None:
        self.path, self.rules = path, rules
        self.snapshot = Snapshot.open(snapshot)
        self.db = duckdb.connect(config={"memory_limit": "600MB", "threads": 2})
        self.db.execute("SET preserve_insertion_order = false")

    def close(self) -> None:
        """Let go of the files."""
        self.db.close()

    @property
    def counties(self) -> list[str]:
        """Counties that were evaluated. Raises Problem `findings.damaged` without a manifest."""
        try:
            manifest = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
            return sorted(manifest["counties"])
        except (OSError, ValueError, KeyError):
            raise problems.FINDINGS_DAMAGED(what="manifest.json") from None

    def _files(self, table: str, county: str) -> list[str]:
        folder = self.path / f"{table}.parquet" / f"county_code={county}"
        return [str(f) for f in sorted(folder.glob("*.parquet"))]

    def open_county(self, county: str) -> None:
        """Views of one county: criteria, entitlements, alerts, undecided, variables, h (its
        households with their number of persons)."""
        for table in TABLES:
            self._view(table, self._files(table, county))
        self._view("person", [str(f) for f in self.snapshot.files("person", county)])
        self._view("snapshot_household", [str(f) for f in self.snapshot.files("household", county)])
        self.db.execute(
            "CREATE OR REPLACE TEMP TABLE h AS"
            " SELECT household_no, status, coalesce(n, 0) AS persons FROM snapshot_household LEFT"
            " JOIN (SELECT household_no, count(*) AS n FROM person GROUP BY 1) USING (household_no)"
        )
        assessed = ASSESSED
        dropped = _list(self.rules.exit_tree)
        # The exit standard says nothing about households that are not judged by it.
        self.db.execute(
            "CREATE OR REPLACE TEMP TABLE lacking AS SELECT u.* FROM undecided u"
            " LEFT JOIN h USING (household_no)"
            f" WHERE h.household_no IS NULL OR {assessed} OR u.rule NOT IN {dropped}"
        )

    def _view(self, name: str, files: list[str]) -> None:
        if files:
            listed = ", ".join("'" + f.replace("'", "''") + "'" for f in files)
            body = f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false)"
        else:
            body = f"SELECT * FROM (SELECT {_EMPTY[name]}) WHERE false"
        self.db.execute(f"CREATE OR REPLACE TEMP VIEW {_ident(name)} AS {body}")

    def columns(self, view: str) -> set[str]:
        """Column names of a view."""
        found = self.db.execute(f"SELECT * FROM {view} LIMIT 0").description or []
        return {column[0] for column in found}

    def digest(self) -> str:
        """Hash of all findings, whatever the order of rows and files: equal for equal input."""
        seen = hashlib.sha256()
        for table in TABLES:
            files = [f for county in self.counties for f in self._files(table, county)]
            if not files:
                continue
            self._view(table, files)
            row = self.db.execute(
                f"SELECT count(*), sum(md5_number_lower(t::VARCHAR)::HUGEINT)"
                f" FROM {_ident(table)} t"
            ).fetchone()
            seen.update(f"{table} {row}\n".encode())
        return seen.hexdigest()


_SUBJECT = (
    "''::VARCHAR AS rule, ''::VARCHAR AS entity, ''::VARCHAR AS subject,"
    " ''::VARCHAR AS household_no, ''::VARCHAR AS region_code"
)
_EMPTY = {
    "entitlements": f"{_SUBJECT}, 0::DECIMAL(18,2) AS amount, '' AS unit, '' AS period",
    "limits": f"{_SUBJECT}, 0::DECIMAL(18,2) AS amount, '' AS unit, '' AS period",
    "alerts": _SUBJECT,
    "met": _SUBJECT,
    "undecided": f"{_SUBJECT}, []::VARCHAR[] AS missing",
    "criteria": "''::VARCHAR AS household_no, ''::VARCHAR AS region_code",
    "variables": "''::VARCHAR AS household_no",
    "person": "''::VARCHAR AS household_no",
    "overlaps": "''::VARCHAR AS overlap, ''::VARCHAR AS kind, ''::VARCHAR AS entity,"
    " ''::VARCHAR AS subject, ''::VARCHAR AS household_no, ''::VARCHAR AS region_code,"
    " []::VARCHAR[] AS rules, 0 AS claims, 0::DECIMAL(18,2) AS amount, 0::DECIMAL(18,2) AS excess",
    "snapshot_household": "''::VARCHAR AS household_no, ''::VARCHAR AS status",
}


def _list(values: list[str]) -> str:
    return "(" + ", ".join("'" + v.replace("'", "''") + "'" for v in values or [""]) + ")"


def _ident(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _household_sql(found: Findings, run: Run) -> str:
    rules = found.rules
    present = found.columns("criteria")
    criteria = [i for i in rules.criteria if i in present]
    income = (
        "net_income_per_capita" if "net_income_per_capita" in found.columns("variables") else "NULL"
    )
    exit_tree = set(rules.exit_tree)
    ready = _ident(rules.exit_rule) if rules.exit_rule in criteria else "NULL"

    def ids(test: str) -> str:
        parts = [
            f"CASE WHEN c.{_ident(i)} {test}"
            + (" AND a.assessed" if i in exit_tree else "")
            + f" THEN '{i}' END"
            for i in criteria
        ]
        joined = f"concat_ws(',', {', '.join(parts)})" if parts else "''"
        return "'{' || " + joined + " || '}'"

    items = [i.id for i in rules.exit_items if i.id in criteria]
    fails = " + ".join(f"(c.{_ident(i)} IS FALSE)::INT" for i in items) or "0"
    paid = _list([r.id for r in rules.of("entitlement")])
    times = " ".join(f"WHEN '{period}' THEN {n}" for period, n in _TIMES.items())
    return f"""
WITH a AS (SELECT *, {ASSESSED} AS assessed FROM h),
e AS (SELECT household_no, count(DISTINCT rule) AS rules,
             sum(amount * CASE period {times} END) AS total
      FROM entitlements WHERE rule IN {paid} GROUP BY 1),
g AS (SELECT household_no, count(DISTINCT field) AS gaps
      FROM (SELECT household_no, unnest(missing) AS field FROM lacking) GROUP BY 1)
SELECT {run.pk} AS run_id, c.region_code AS village_code, c.household_no, a.status, a.persons,
       a.assessed, CASE WHEN a.assessed THEN {ready} END AS ready,
       {ids("IS FALSE")} AS failed, {ids("IS NULL")} AS unknown,
       CASE WHEN a.assessed THEN {fails} ELSE 0 END AS failed_items,
       v.{income}::DECIMAL(18,2) AS net_income_per_capita,
       coalesce(e.rules, 0) AS entitled_rules,
       coalesce(e.total, 0)::DECIMAL(18,2) AS entitled_total, coalesce(g.gaps, 0) AS gaps
FROM criteria c JOIN a USING (household_no) LEFT JOIN variables v USING (household_no)
LEFT JOIN e USING (household_no) LEFT JOIN g USING (household_no)
ORDER BY c.household_no""".replace("v.NULL", "NULL")


# What is paid, and ceilings; only the first is added up (`_household_sql`).
_PAID = (
    "(SELECT rule, entity, subject, household_no, region_code, amount, unit, period"
    " FROM entitlements UNION ALL SELECT rule, entity, subject, household_no, region_code,"
    " amount, unit, period FROM limits)"
)
# Household criteria stand wide in the household's own row; others are rows like alerts.
_RAISED = (
    "(SELECT rule, entity, subject, household_no, region_code FROM alerts UNION ALL"
    " SELECT rule, entity, subject, household_no, region_code FROM met"
    " WHERE entity <> 'household')"
)


def _subject_sql(table: str, run: Run, extra: str) -> str:
    return (
        f"SELECT {run.pk} AS run_id, region_code AS village_code, rule, entity, subject,"
        f" household_no{extra} FROM {table} ORDER BY rule, subject"
    )


def _double_sql(run: Run) -> str:
    return (
        f"SELECT {run.pk} AS run_id, region_code AS village_code, overlap, kind, entity, subject,"
        " household_no, '{' || array_to_string(rules, ',') || '}' AS rules, claims, amount, excess"
        ' FROM "overlaps" ORDER BY overlap, subject'
    )


def load(
    run: Run, path: Path, snapshot: Path, progress: Callable[[int, int, str], None] | None = None
) -> str:
    """Fill the run's own partitions, standing alone; the findings' digest.

    Raises Problem `findings.damaged`, `lake.*`. What is half written is for the caller to drop.
    """
    found = Findings(path, snapshot, run.rule_set)
    try:
        partitions.create(run.pk)
        counties = found.counties
        for number, county in enumerate(counties):
            if progress:
                progress(number, len(counties), county)
            found.open_county(county)
            _copy(found, "findings_householdresult", run, _household_sql(found, run))
            _copy(found, "findings_entitlement", run,
                  _subject_sql(_PAID, run, ", amount, unit, period"))  # fmt: skip
            _copy(found, "findings_alert", run, _subject_sql(_RAISED, run, ""))
            missing = ", '{' || array_to_string(missing, ',') || '}' AS missing"
            _copy(found, "findings_undecided", run, _subject_sql("lacking", run, missing))
            _copy(found, "findings_doubleclaim", run, _double_sql(run))
        _add_up(run)
        return found.digest()
    finally:
        found.close()


def _copy(found: Findings, table: str, run: Run, query: str) -> None:
    reader = found.db.execute(query).to_arrow_reader(_BATCH)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(partitions.part_of(table, run.pk)),
        sql.SQL(", ").join(map(sql.Identifier, reader.schema.names)),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for batch in reader:
            buffer = io.BytesIO()
            pa_csv.write_csv(pa.Table.from_batches([batch]), buffer, _CSV)
            copy.write(buffer.getvalue())


_FAILING = """
INSERT INTO {failing} (run_id, village_code, rule, household_no)
SELECT %(run)s, village_code, rule, household_no FROM {results}, unnest(failed) AS rule
ORDER BY rule, household_no
"""
_VILLAGES = """
INSERT INTO {villages} (run_id, village_code, households, persons, assessed, assessed_persons,
  ready, ready_persons, not_ready, not_ready_persons, undecided, undecided_persons, with_gaps,
  entitled, entitled_total)
SELECT %(run)s, village_code, count(*), sum(persons),
  count(*) FILTER (WHERE assessed), coalesce(sum(persons) FILTER (WHERE assessed), 0),
  count(*) FILTER (WHERE ready), coalesce(sum(persons) FILTER (WHERE ready), 0),
  count(*) FILTER (WHERE NOT ready), coalesce(sum(persons) FILTER (WHERE NOT ready), 0),
  count(*) FILTER (WHERE assessed AND ready IS NULL),
  coalesce(sum(persons) FILTER (WHERE assessed AND ready IS NULL), 0),
  count(*) FILTER (WHERE gaps > 0), count(*) FILTER (WHERE entitled_rules > 0),
  sum(entitled_total)
FROM {results} GROUP BY village_code
"""
_CRITERIA = """
WITH bad AS (
  SELECT village_code, rule, 'not_met' AS outcome, count(*) AS n FROM {failing} GROUP BY 1, 2
  UNION ALL SELECT village_code, rule, 'undecided', count(*)
  FROM {results}, unnest(unknown) AS rule GROUP BY 1, 2),
met AS (
  SELECT t.village_code, r.rule, 'met',
    CASE WHEN r.rule = ANY(%(exit)s) THEN t.assessed ELSE t.households END - coalesce(b.n, 0)
  FROM {villages} t CROSS JOIN unnest(%(criteria)s::text[]) AS r(rule)
  LEFT JOIN (SELECT village_code, rule, sum(n)::int AS n FROM bad GROUP BY 1, 2) b
    ON b.village_code = t.village_code AND b.rule = r.rule)
INSERT INTO {rules} (run_id, village_code, rule, outcome, households, subjects)
SELECT %(run)s, village_code, rule, outcome, n, n
FROM (SELECT * FROM bad UNION ALL SELECT * FROM met) x(village_code, rule, outcome, n) WHERE n > 0
"""
_SUBJECTS = """
INSERT INTO {rules} (run_id, village_code, rule, outcome, households, subjects, amount)
SELECT %(run)s, village_code, rule, 'entitled', count(DISTINCT household_no),
  count(DISTINCT subject), sum(amount) FROM {entitlements} GROUP BY 2, 3
UNION ALL SELECT %(run)s, village_code, rule,
  CASE WHEN rule = ANY(%(alerts)s) THEN 'flagged' ELSE 'met' END, count(DISTINCT household_no),
  count(DISTINCT subject), NULL FROM {alerts} GROUP BY 2, 3
UNION ALL SELECT %(run)s, village_code, rule, 'undecided', count(DISTINCT household_no),
  count(DISTINCT subject), NULL FROM {undecided} WHERE NOT rule = ANY(%(criteria)s) GROUP BY 2, 3
"""
_GAPS = """
INSERT INTO {gaps} (run_id, village_code, field, households, subjects)
SELECT %(run)s, village_code, field, count(DISTINCT household_no), count(DISTINCT subject)
FROM {undecided}, unnest(missing) AS field GROUP BY 2, 3
"""


def _add_up(run: Run) -> None:
    """Totals by village, from the very rows the lists show."""
    names = {
        "results": "householdresult", "failing": "failing", "villages": "villagetotal", "rules": "ruletotal",
        "entitlements": "entitlement", "alerts": "alert", "undecided": "undecided",
        "gaps": "gaptotal",
    }  # fmt: skip
    tables = {
        k: sql.Identifier(partitions.part_of(f"findings_{v}", run.pk)) for k, v in names.items()
    }
    rules = run.rule_set
    values: dict[str, Any] = {"run": run.pk, "exit": rules.exit_tree, "criteria": rules.criteria,
              "alerts": [r.id for r in rules.of("alert")]}  # fmt: skip
    with connection.cursor() as cursor:
        for statement in (_FAILING, _VILLAGES, _CRITERIA, _SUBJECTS, _GAPS):
            cursor.execute(sql.SQL(statement).format(**tables), values)


_COUNTED = """
SELECT rule, outcome, sum(households)::int, sum(subjects)::int, sum(amount)::text
FROM {} GROUP BY 1, 2 ORDER BY 1, 2
"""


def counted(run: Run) -> dict[str, Any]:
    """What the run found, for its page and history: totals, and outcomes by rule."""
    names = ("households", "persons", "assessed", "ready", "not_ready", "undecided", "with_gaps",
             "entitled")  # fmt: skip
    villages, totals = (
        sql.Identifier(partitions.part_of(f"findings_{name}", run.pk))
        for name in ("villagetotal", "ruletotal")
    )
    sums = sql.SQL(", ").join(
        sql.SQL("coalesce(sum({}), 0)::int").format(sql.Identifier(n)) for n in names
    )
    rules: dict[str, dict[str, dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT {}, coalesce(sum(entitled_total), 0)::text FROM {}").format(
                sums, villages
            )
        )
        found = cursor.fetchone() or ()
        cursor.execute(sql.SQL(_COUNTED).format(totals))
        for rule, outcome, households, subjects, amount in cursor.fetchall():
            rules.setdefault(rule, {})[outcome] = {
                "households": households, "subjects": subjects, "amount": amount,
            }  # fmt: skip
    return dict(zip((*names, "amount_sum"), found, strict=True)) | {"rules": rules}


def switch(run: Run, **changes: object) -> None:
    """Make a loaded run the one that pages show, all at once."""
    with transaction.atomic():
        partitions.attach(run.pk)
        before = Run.objects.select_for_update().filter(is_current=True).exclude(pk=run.pk)
        before.update(is_current=False, state="superseded")
        Run.objects.filter(pk=run.pk).update(is_current=True, state="done", **changes)


def tidy(run: Run) -> None:
    """After a switch: fresh statistics; rows are kept of this run and the one before it."""
    partitions.analyze()
    for old in sorted(partitions.attached() - {run.pk}, reverse=True)[1:]:
        partitions.drop(old)
