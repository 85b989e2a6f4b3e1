"""Judges a whole snapshot: the batch program on every county, findings written as Parquet.

DuckDB reads, computes and writes; Python only says which county is next. Counties go in
groups of a few hundred thousand persons, so memory is bounded whatever the size. Finished
groups are kept beside the target: a killed run goes on where it stopped, and nothing is at
`out` before everything is.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from bangfu import dictionary, lake
from bangfu.kernel import clock
from bangfu.policy import overlaps, problems, script
from bangfu.policy.countywork import Group, Work, group_counties, word_type
from bangfu.policy.pack import Pack, Text, require_in_force
from bangfu.policy.script import Script, engine_version, literal
from bangfu.policy.township import Township, judged

FORMAT = 1
ENGINES = ("duckdb", "spark")
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class RuleCount:
    """How a rule came out. For criteria and alerts positive = true, for amounts = entitled."""

    kind: str
    entity: str
    positive: int = 0
    negative: int = 0
    undecided: int = 0
    amount_sum: Decimal = Decimal(0)

    def plus(self, other: RuleCount) -> RuleCount:
        """Both counts together."""
        return RuleCount(
            self.kind, self.entity, self.positive + other.positive,
            self.negative + other.negative, self.undecided + other.undecided,
            self.amount_sum + other.amount_sum,
        )  # fmt: skip


@dataclass(frozen=True)
class EvaluationResult:
    """What was written to `out`: counts per rule, what was lacking, how long it took."""

    out: Path
    pack: str
    pack_hash: str
    as_of: date
    snapshot_digest: str
    counties: tuple[str, ...]
    rows: dict[str, int]
    counts: dict[str, RuleCount]
    missing_columns: dict[str, list[str]]
    seconds: float
    resumed: tuple[str, ...] = ()
    outputs: tuple[str, ...] = field(default=())
    titles: dict[str, Text] = field(default_factory=dict)
    double_claims: tuple[overlaps.DoubleClaims, ...] = ()


def evaluate(
    snapshot_dir: Path | str,
    pack: Pack | str | Path,
    as_of: date,
    out: Path | str,
    *,
    counties: Iterable[str] | None = None,
    region: str | None = None,
    rules: Iterable[str] | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
    memory_mb: int = 800,
    engine: str = "duckdb",
    spark_master: str | None = None,
) -> EvaluationResult:
    """Findings of `pack` at `as_of` over a snapshot, written to the directory `out`.

    A pack given by its id or directory is compiled once and its program kept (`script`).
    `progress(done, total, message)` counts counties. An earlier findings directory at `out`
    is replaced at the end. `rules` keeps to some rules (those they rest on are computed but
    not written). `region` keeps to one township or village (see `township`; DuckDB always).
    `engine` is duckdb, or spark at `spark_master`: the findings are the same.
    Raises RULE_UNKNOWN, AS_OF_OUTSIDE_PACK, UNKNOWN_REGION, OUT_NOT_FINDINGS,
    ENGINE_UNKNOWN, SPARK_MISSING, JAVA_MISSING, SPARK_FAILED, EVALUATION_FAILED, and the
    lake's problems for a damaged snapshot, a busy target or a full disk.
    """
    started = time.perf_counter()
    if engine not in ENGINES:
        raise problems.ENGINE_UNKNOWN(engine=engine)
    if isinstance(pack, Pack):
        require_in_force(pack, as_of)
    snapshot = lake.Snapshot.open(snapshot_dir)
    town = Township(snapshot, region) if region is not None else None
    chosen = _chosen(snapshot, counties if town is None else [town.county])
    target = Path(os.path.abspath(out))
    _refuse_foreign(target)
    asked = None if rules is None else tuple(rules)
    program = _script(pack, as_of, asked)
    if town is not None:
        asked = judged(town.region, program.rules)
        program = _script(pack, as_of, asked)
    with lake.staged_directory(target, replace=True) as temp:
        run = _Run(
            snapshot, program, chosen, target, threads or _threads(), memory_mb, as_of,
            lambda: _compiled(pack, as_of, asked, wide=True), town,
        )  # fmt: skip
        shown = progress or (lambda done, total, message: None)
        if engine == "spark" and town is None:
            from bangfu.policy import spark

            computed_by = spark.go(run, shown, master=spark_master)
        else:
            run.go(shown)
            computed_by = f"duckdb {duckdb.__version__}"
        for table in program.outputs:
            shutil.move(str(run.work_dir / f"{table}.parquet"), temp / f"{table}.parquet")
        claims = overlaps.write(temp, pack, as_of, chosen)
        result = replace(run.result(time.perf_counter() - started), double_claims=claims)
        _write_manifest(temp / "manifest.json", result, snapshot, program, computed_by, town)
    shutil.rmtree(run.work_dir, ignore_errors=True)
    return result


def _script(pack: Pack | str | Path, as_of: date, rules: tuple[str, ...] | None) -> Script:
    """The program's text: as it was kept, else compiled, and then kept."""
    if isinstance(pack, Pack):
        return _compiled(pack, as_of, rules)
    from bangfu.policy.loading import files_beside, pack_path

    root = pack_path(pack)
    key = script.key_of(files_beside(root), root, as_of, rules)
    found = script.find(key)
    if found is None:
        found = _compiled(pack, as_of, rules)
        script.keep(key, found)
    return found


def _compiled(
    pack: Pack | str | Path, as_of: date, rules: tuple[str, ...] | None, *, wide: bool = False
) -> Script:
    from bangfu.policy.program import Asked, compile_batch

    if not isinstance(pack, Pack):
        from bangfu.policy.loading import load_pack

        pack = load_pack(pack)
        require_in_force(pack, as_of)
    for rule in sorted(rules or ()):
        if rule not in pack.rules:
            raise problems.RULE_UNKNOWN(rule=rule, pack=pack.id)
    asked = None if rules is None else Asked(frozenset(rules))
    return Script.of(compile_batch(pack, as_of, wide=wide, asked=asked))


def _threads() -> int:
    return max(1, len(os.sched_getaffinity(0)))


def _chosen(snapshot: lake.Snapshot, counties: Iterable[str] | None) -> tuple[str, ...]:
    if counties is None:
        return snapshot.counties
    chosen = tuple(sorted(dict.fromkeys(counties)))
    for county in chosen:
        if county not in snapshot.counties:
            known = "、".join(snapshot.counties)
            raise problems.UNKNOWN_REGION(region=county, known=known)
    return chosen


def _refuse_foreign(target: Path) -> None:
    """Only an empty directory or earlier findings may be replaced."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        kind = _read_json(target / "manifest.json").get("kind") if target.is_dir() else None
        if kind != "findings":
            raise problems.OUT_NOT_FINDINGS(out=str(target))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class _Run:
    """One evaluation: what is done already, what is to do, the counts so far."""

    def __init__(
        self,
        snapshot: lake.Snapshot,
        program: Script,
        counties: tuple[str, ...],
        target: Path,
        threads: int,
        memory_mb: int,
        as_of: date,
        wide: Callable[[], Script],
        town: Township | None,
    ) -> None:
        self.snapshot, self.program, self.counties = snapshot, program, counties
        self.threads, self.memory_mb = threads, memory_mb
        self.work_dir = target.parent / f".{target.name}.part"
        self.missing = {
            entity: lacking
            for entity, names in program.reads.items()
            if (lacking := [n for n in snapshot.missing_columns(entity) if n in names])
        }
        self.as_of, self.wide, self.town = as_of, wide, town
        self.done: dict[str, dict[str, Any]] = {}
        self.resumed = self._resume()

    def _resume(self) -> tuple[str, ...]:
        """Keep what an earlier run of exactly this evaluation finished; else start afresh."""
        header = {
            "format": FORMAT, "pack": self.program.pack_hash, "engine": engine_version(),
            "as_of": self.as_of.isoformat(), "snapshot": self.snapshot.digest,
            "counties": list(self.counties), "region": self.town.region if self.town else None,
            "rules": [rule.id for rule in self.program.rules],
        }  # fmt: skip
        if _read_json(self.work_dir / "header.json") != header:
            shutil.rmtree(self.work_dir, ignore_errors=True)
            (self.work_dir / "counts").mkdir(parents=True)
            (self.work_dir / "header.json").write_text(json.dumps(header), encoding="utf-8")
        for file in (self.work_dir / "counts").glob("*.json"):
            self.done[file.stem] = _read_json(file)
        return tuple(sorted(self.done))

    def go(self, progress: Progress) -> None:
        """Evaluate what is left, some groups at a time."""
        for table in self.program.outputs:
            (self.work_dir / f"{table}.parquet").mkdir(exist_ok=True)
        left = [county for county in self.counties if county not in self.done]
        groups = group_counties(self.snapshot, left, self.threads, len(self.program.rules))
        progress(len(self.done), len(self.counties), "")
        if not groups:
            return
        with duckdb.connect() as database, ThreadPoolExecutor(self.threads) as pool:
            # As text: a bound value makes DuckDB look for NumPy, pandas and others.
            database.execute(f"SET threads = {int(self.threads)}")
            database.execute(f"SET memory_limit = '{int(self.memory_mb)}MB'")
            database.execute(f"SET temp_directory = {literal(self.work_dir / 'spill')}")
            database.execute("SET preserve_insertion_order = false")
            # Pushed below the projections, the filter of a final relation would compute every
            # rule a second time. Joins are written in the order and on the side they are meant
            # for: turned about, one would keep the many columns of all persons.
            database.execute("SET disabled_optimizers = 'filter_pushdown,filter_pullup,join_order,"
                             "build_side_probe_side'")  # fmt: skip
            database.execute(word_type(self.program))
            work = Work(self.snapshot, self.program, self.work_dir, self.wide, self.town)
            waiting = iter(groups)
            running = {
                pool.submit(work.run, database.cursor(), group)
                for group in _first(waiting, self.threads)
            }
            try:
                while running:
                    running = self._step(running, waiting, pool, database, work, progress)
            except BaseException:
                database.interrupt()
                raise

    def _step(
        self,
        running: set[Future[dict[str, dict[str, Any]]]],
        waiting: Iterator[Group],
        pool: ThreadPoolExecutor,
        database: duckdb.DuckDBPyConnection,
        work: Work,
        progress: Progress,
    ) -> set[Future[dict[str, dict[str, Any]]]]:
        finished, rest = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            for county, counts in future.result().items():
                self.done[county] = counts
                progress(len(self.done), len(self.counties), county)
            for group in _first(waiting, 1):
                rest.add(pool.submit(work.run, database.cursor(), group))
        return rest

    def result(self, seconds: float) -> EvaluationResult:
        """The counts of all counties together."""
        rows: dict[str, int] = {}
        counts: dict[str, RuleCount] = {}
        kinds = {rule.id: rule for rule in self.program.rules}
        for county in self.counties:
            done = self.done[county]
            for entity, number in done["rows"].items():
                rows[entity] = rows.get(entity, 0) + number
            for rule, (positive, undecided, total, amount) in done["rules"].items():
                one = RuleCount(
                    kinds[rule].kind, kinds[rule].entity, positive,
                    total - positive - undecided, undecided, Decimal(amount),
                )  # fmt: skip
                counts[rule] = counts[rule].plus(one) if rule in counts else one
        return EvaluationResult(
            out=self.work_dir.parent / self.work_dir.name[1:].removesuffix(".part"),
            pack=self.program.pack, pack_hash=self.program.pack_hash,
            as_of=self.as_of, snapshot_digest=self.snapshot.digest,
            counties=self.counties,
            rows={e: n for e, n in rows.items() if n or e in dictionary.BASIC},
            counts=counts, missing_columns=self.missing,
            seconds=round(seconds, 3), resumed=self.resumed,
            outputs=tuple(self.program.outputs),
            titles={rule.id: Text(rule.zh, rule.en) for rule in self.program.rules},
        )  # fmt: skip


def _first(groups: Iterator[Group], number: int) -> list[Group]:
    return [group for _, group in zip(range(number), groups, strict=False)]


def _write_manifest(
    path: Path,
    result: EvaluationResult,
    snapshot: lake.Snapshot,
    program: Script,
    computed_by: str,
    town: Township | None,
) -> None:
    """Last file of the findings, written before the directory appears at its place."""
    counts: dict[str, Any] = {}
    for rule, count in result.counts.items():
        found = asdict(count)
        found["amount_sum"] = format(count.amount_sum, "f")
        counts[rule] = found
    asked = {rule.entity for rule in program.rules}
    undecidable = sorted(
        {f"{e}.{name}" for e, names in result.missing_columns.items() for name in names}
    )
    manifest = {
        "format": FORMAT, "kind": "findings", "pack": result.pack,
        "pack_title": program.title, "pack_hash": result.pack_hash,
        "as_of": result.as_of.isoformat(), "engine": engine_version(),
        "computed_by": computed_by,
        "snapshot": {"period": snapshot.period, "digest": result.snapshot_digest},
        "counties": list(result.counties), "rows": result.rows, "rules": counts,
        "overlaps": {d.group: [d.subjects, format(d.excess, "f")] for d in result.double_claims},
        "missing_columns": undecidable,
        "missing_tables": [e for e in dictionary.OTHERS
                           if e in asked and not snapshot.manifest.tables[e]],
        "seconds": result.seconds,
        "created": clock.now().isoformat(timespec="seconds"), "tables": list(result.outputs),
    }  # fmt: skip
    if town is not None:
        manifest["region"] = town.region
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
