"""Evaluation on Spark: the same program, files and counts as DuckDB's, on many machines.

Used by `evaluate(engine="spark")`. Spark reads the snapshot's files, computes the program's
tables (kept in the executors' memory and disks while their readers run) and writes the
findings; the driver only sends SQL. Snapshot and findings must lie where every executor sees
them under the same path: one machine, or a shared file system.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bangfu import dictionary, lake
from bangfu.policy import problems, sparksql
from bangfu.policy.script import Script
from bangfu.policy.views import view_of

if TYPE_CHECKING:
    from bangfu.policy.evaluating import _Run

GROUP_PERSONS = 10_000_000  # persons of one Spark job: what is kept between its steps
PART_PERSONS = 100_000  # persons in one task's share
LEAST_MEMORY = 3_000  # MiB of the driver: plans of two hundred rules are large
JAVA = 17
_OVERFLOW = re.compile(
    "ARITHMETIC_OVERFLOW|CAST_OVERFLOW|NUMERIC_VALUE_OUT_OF_RANGE|NUMERIC_OUT_OF_SUPPORTED_RANGE"
)
_LOGGING = """
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c{1}: %m%n
"""


class Overflow(Exception):
    """A figure beyond the narrow types; the group is computed again with 38 digits."""


def go(run: _Run, progress: Callable[[int, int, str], None], *, master: str | None = None) -> str:
    """Evaluate what `run` has not done yet; gives the engine's name and version.

    `master` as Spark knows it (`local[4]`, `local-cluster[2,1,1024]`, `spark://host:7077`);
    None: all cores of this machine. Raises SPARK_MISSING, JAVA_MISSING, SPARK_FAILED,
    SPARK_UNPROVEN, EVALUATION_FAILED, DISK_FAULT.
    """
    require()
    for table in run.program.outputs:
        (run.work_dir / f"{table}.parquet").mkdir(exist_ok=True)
    with session(master or f"local[{run.threads}]", run.work_dir, run.memory_mb) as spark:
        work = SparkWork(spark, run)
        left = [county for county in run.counties if county not in run.done]
        progress(len(run.done), len(run.counties), "")
        for group in _groups(run.snapshot, left):
            run.snapshot.verify_counties(group)
            for county in work.evaluate(group):
                progress(len(run.done), len(run.counties), county)
        return f"spark {spark.version}"


def require() -> None:
    """Raises SPARK_MISSING or JAVA_MISSING when Spark cannot start here."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise problems.SPARK_MISSING() from None
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    except OSError:
        raise problems.JAVA_MISSING(wanted=JAVA, found="—") from None
    version = re.search(r'version "(\d+)', told.stderr + told.stdout)
    if version is None or int(version[1]) < JAVA:
        raise problems.JAVA_MISSING(wanted=JAVA, found=version[1] if version else "—")


@contextmanager
def session(master: str, work_dir: Path, memory_mb: int) -> Iterator[Any]:
    """A Spark session of our settings, stopped at the end. Raises SPARK_FAILED."""
    import pyspark
    from pyspark.sql import SparkSession

    place = work_dir / "spark"
    place.mkdir(parents=True, exist_ok=True)
    (place / "log4j2.properties").write_text(_LOGGING, encoding="utf-8")
    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    settings = {
        **sparksql.SETTINGS,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(place / "spill"),
        "spark.sql.warehouse.dir": str(place / "warehouse"),
        "spark.driver.memory": f"{max(memory_mb, LEAST_MEMORY)}m",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={place}/log4j2.properties",
        "spark.sql.maxPlanStringLength": "1000",
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    }
    if master.startswith("local"):  # no name service is needed to talk to oneself
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
                     "spark.task.maxFailures": "1",
                     # A machine busy with other work is slow, not dead.
                     "spark.network.timeout": "900s",
                     "spark.executor.heartbeatInterval": "60s"}  # fmt: skip
    # It tells every overflow at length; we tell those that matter.
    logging.getLogger("SQLQueryContextLogger").disabled = True
    builder = SparkSession.builder.master(master).appName("bangfu")
    try:
        spark = builder.config(map=settings).getOrCreate()
    except Exception as fault:  # the gateway raises what it likes
        raise problems.SPARK_FAILED(master=master, reason=_first_line(fault)) from fault
    try:
        yield spark
    finally:
        spark.stop()


def _first_line(fault: BaseException) -> str:
    lines = str(fault).strip().splitlines()
    return (lines[0] if lines else type(fault).__name__)[:300]


def _groups(snapshot: lake.Snapshot, counties: list[str]) -> list[list[str]]:
    """Counties in their order, so many that a group holds about GROUP_PERSONS."""
    groups: list[list[str]] = []
    load = GROUP_PERSONS
    for county in counties:
        if load >= GROUP_PERSONS:
            groups.append([])
            load = 0
        groups[-1].append(county)
        load += snapshot.row_count("person", county)
    return groups


class SparkWork:
    """The program in Spark's SQL, and what it takes to run it on a group of counties."""

    def __init__(self, spark: Any, run: _Run) -> None:
        self.spark, self.run = spark, run
        self.present = {e: set(run.snapshot.columns(e)) for e in lake.ENTITIES}
        self._wide: Script | None = None

    def evaluate(self, group: list[str]) -> list[str]:
        """Evaluate a group; gives its counties. Where figures overflow, halves until the
        county that holds them is alone, and that with 38 digits."""
        try:
            self._group(group, self.run.program)
        except Overflow:
            if len(group) > 1:
                half = len(group) // 2
                return [*self.evaluate(group[:half]), *self.evaluate(group[half:])]
            if self._wide is None:
                self._wide = self.run.wide()
            try:
                self._group(group, self._wide)
            except Overflow as fault:
                raise problems.EVALUATION_FAILED(
                    county=group[0], reason=_first_line(fault), statement=""
                ) from fault
        return group

    def _group(self, group: list[str], program: Script) -> None:
        persons = sum(self.run.snapshot.row_count("person", county) for county in group)
        parts = max(self.spark.sparkContext.defaultParallelism, persons // PART_PERSONS)
        self.spark.conf.set("spark.sql.shuffle.partitions", str(parts))
        # Compiling expressions to bytecode takes longer than computing with few rows.
        compiles = persons > PART_PERSONS
        self.spark.conf.set("spark.sql.codegen.wholeStage", str(compiles).lower())
        self.spark.conf.set(
            "spark.sql.codegen.factoryMode", "FALLBACK" if compiles else "NO_CODEGEN"
        )
        for entity in lake.ENTITIES:
            self._source(entity, group)
        kept = []
        try:
            for name, sql in program.statements:
                table = self._do(group, sparksql.to_spark(sql)).persist()
                table.createOrReplaceTempView(name)
                kept.append(table)
            types = sparksql.output_types(program, self.run.snapshot)
            for table, select in program.outputs.items():
                self._write(group, table, sparksql.output_sql(select, types[table]))
            self._keep(self._counts(group, program))
        finally:
            for table in kept:
                table.unpersist()

    def _source(self, entity: str, group: list[str]) -> None:
        """View `src_<entity>`, as DuckDB has it, over the same files."""
        snapshot, present = self.run.snapshot, self.present[entity]
        files = [str(file) for county in group for file in snapshot.files(entity, county)]
        if files:
            shape = ", ".join(
                f"{sparksql.quoted(f.name)} {sparksql.spark_type(f.duckdb_type)}"
                for f in dictionary.snapshot_columns(entity)
                if f.name in present
            )
            # Looked up one by one: a county in a path is not to become a column.
            reader = self.spark.read.schema(shape).option("recursiveFileLookup", "true")
            reader.parquet(*files).createOrReplaceTempView(f"file_{entity}")
        view = view_of(snapshot, entity, group, present)
        text = sparksql.source_sql(view, f"file_{entity}" if files else None)
        self._do(group, text).createOrReplaceTempView(f"src_{entity}")

    def _write(self, group: list[str], table: str, text: str) -> None:
        """An output's files, one per county, then moved to their place."""
        place = self.run.work_dir / "spark" / table
        shutil.rmtree(place, ignore_errors=True)
        rows = self._do(group, text).repartition("county_code")
        writer = rows.write.partitionBy("county_code").mode("overwrite")
        self._guard(group, text, lambda: writer.parquet(str(place)))
        for county in group:
            target = self.run.work_dir / f"{table}.parquet" / f"county_code={county}"
            shutil.rmtree(target, ignore_errors=True)
            files = sorted((place / target.name).glob("*.parquet"))
            if files:
                target.mkdir(parents=True)
            for number, file in enumerate(files):
                shutil.move(file, target / f"part-{number}.parquet")
        shutil.rmtree(place, ignore_errors=True)

    def _counts(self, group: list[str], program: Script) -> dict[str, dict[str, Any]]:
        snapshot = self.run.snapshot
        found: dict[str, dict[str, Any]] = {
            county: {"rows": {e: snapshot.row_count(e, county) for e in lake.ENTITIES},
                     "rules": {}}
            for county in group
        }  # fmt: skip
        for entity, sql in program.counts.items():
            ids = [rule.id for rule in program.rules if rule.entity == entity]
            if not ids:
                continue
            for counts in found.values():
                counts["rules"] |= dict.fromkeys(ids, (0, 0, counts["rows"][entity], "0"))
            text = sparksql.to_spark(sql)
            rows = self._guard(group, text, self._do(group, text).collect)
            for county, positive, unknown, amounts in rows:
                total = found[county]["rows"][entity]
                for rule, *three in zip(ids, positive, unknown, amounts, strict=True):
                    found[county]["rules"][rule] = (three[0], three[1], total, str(three[2]))
        return found

    def _keep(self, found: dict[str, dict[str, Any]]) -> None:
        for county, counts in found.items():
            file = self.run.work_dir / "counts" / f"{county}.json"
            partial = file.with_suffix(".tmp")
            partial.write_text(json.dumps(counts), encoding="utf-8")
            os.replace(partial, file)
            self.run.done[county] = counts

    def _do(self, group: list[str], text: str) -> Any:
        return self._guard(group, text, lambda: self.spark.sql(text))

    def _guard(self, group: list[str], text: str, work: Callable[[], Any]) -> Any:
        """Run `work`, telling overflow, a full disk and faults of the engine apart."""
        try:
            return work()
        except Exception as fault:
            message = str(fault)
            if _OVERFLOW.search(message):
                raise Overflow(_first_line(fault)) from fault
            if "No space left on device" in message:
                raise problems.DISK_FAULT(
                    out=str(self.run.work_dir), reason="No space left on device"
                ) from fault
            raise problems.EVALUATION_FAILED(
                county="、".join(group), reason=_first_line(fault), statement=text[:4000]
            ) from fault
