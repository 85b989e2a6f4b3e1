"""Spark gives what DuckDB gives: the SQL, and a cluster of two workers on edge values."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bangfu import lake, policy
from bangfu.config.cli import main
from bangfu.config.cli import policy as commands
from bangfu.kernel.problems import Problem
from bangfu.policy import countywork, sparksql
from bangfu.policy.program import compile_batch
from bangfu.policy.script import Script
from bench.engines import compare
from tests.policy.trial import AS_OF, household, person, rule, write_pack, write_snapshot

CLUSTER = "local-cluster[2,1,1024]"  # a master and two workers, each a process of its own
NO_SPARK = (
    "Java is not installed" if shutil.which("java") is None
    else "pyspark is not installed: make spark"
    if importlib.util.find_spec("pyspark") is None else ""
)  # fmt: skip
OTHER = "451221100200"
HUGE = Decimal("9999999999999999.99")

VARIABLES = """
household:
  per_head: {zh: 人均, unit: yuan, expr: round(income_wages / count(member))}
  cents: {zh: 到分, unit: yuan, expr: 'round(income_wages / hamlet_households, 2)'}
  down: {zh: 向下, expr: floor(income_other / hamlet_households)}
  up: {zh: 向上, expr: ceil(income_other / hamlet_households)}
  flat: {zh: 取整, expr: round(income_other)}
  below: {zh: 底, expr: floor(income_other)}
  above: {zh: 顶, expr: ceil(income_other)}
  tenth: {zh: 一位, expr: 'round(income_other, 1)'}
  product: {zh: 积, expr: 'round(income_wages * cropland_mu, 2)'}
  sum_all: {zh: 和, unit: yuan, expr: income_wages + income_other - production_cost}
  size: {zh: 绝对值, expr: abs(income_other)}
  least_of: {zh: 最小, expr: 'least(income_wages, income_other, 5)'}
  most_of: {zh: 最大, expr: 'greatest(income_wages, income_other)'}
  first_known: {zh: 首个, expr: 'coalesce(income_other, income_wages, 0)'}
  registered: {zh: 年, expr: year(registered_on) * 10000 + month(registered_on) * 100 + day(registered_on)}
  full_years: {zh: 满年, expr: years_since(registered_on)}
  full_months: {zh: 满月, expr: 'months_between(registered_on, exited_on)'}
  away: {zh: 外出, expr: sum(member.months_absent)}
  oldest: {zh: 最早, expr: min(member.birth_date)}
  kinds:
    zh: 类
    expr: >-
      case when contains(causes_other, 'illness') then 1
      when contains(causes_other, 'illness') is null then 2 else 3 end
"""
AMOUNT = "amount: per_head\nunit: yuan\nperiod: year\n"
RULES = (
    rule("contains(causes_other, 'illness')", id="H-CAUSE")
    + rule("not (category in ('general', 'dibao')) or dwelling_grade in ('C', 'D')", id="H-CODES")
    + rule("starts_with(hamlet_name, '上') and not has_tv", id="H-NAME")
    + rule("any(member where boarding) or all(member where on_dibao)", id="H-MEMBERS")
    + rule("count(member where school_year > 2) >= 1", id="H-COUNT", kind="alert")
    + rule("has_tv is not true", id="H-AID", kind="entitlement", more=AMOUNT)
    + rule("boarding and household.has_tv and village.is_poverty_village", id="P-AID",
           entity="person", kind="entitlement", more=AMOUNT.replace("per_head", "household.per_head"))
    + rule("father.months_absent >= 6 and mother.months_absent >= 6 and age < 16", id="P-LEFT",
           entity="person", kind="alert")
    + rule("any(child where months_absent > 3)", id="P-PARENT", entity="person")
    + rule("sum(household.income_wages) > 100", id="V-WAGES", entity="village")
    + rule("count(village where is_poverty_village) > 0", id="C-VILLAGES", entity="county",
           kind="alert")
)  # fmt: skip


def home(number: int, village: str = "451228100200", **fields: Any) -> dict[str, Any]:
    money = {"income_wages", "income_other", "production_cost", "cropland_mu"}
    given = {n: Decimal(v) if n in money and v is not None else v for n, v in fields.items()}
    return household(number, village=village, **given)


TABLES: dict[str, list[dict[str, Any]]] = {
    "household": [
        home(1, has_tv=True, category="general", dwelling_grade="A", income_wages="8857",
             income_other="-0.5", hamlet_households=3,
             cropland_mu="0.33", production_cost="1.01", causes_other=["illness", None],
             hamlet_name="上屯", registered_on=date(2014, 2, 28), exited_on=date(2016, 3, 1)),
        home(2, has_tv=False, category="wubao", income_wages="2.50", income_other="2.5", hamlet_households=-2,
             cropland_mu="1.25", production_cost="0", causes_other=["land", None],
             hamlet_name="下\\屯'", registered_on=date(2016, 2, 29), exited_on=date(2016, 2, 29)),
        home(3, dwelling_grade="D", income_wages="-7.77", income_other="-2.5",
             hamlet_households=0, causes_other=[],
             registered_on=date(1582, 10, 15), exited_on=date(1582, 10, 15)),
        home(4, has_tv=False, income_wages=None, income_other="0.01", hamlet_households=7,
             causes_other=["land"], registered_on=date(2017, 1, 1)),
        home(5, OTHER, has_tv=True, income_wages="100000.05", income_other="3.49",
             hamlet_households=9, cropland_mu="-3.33", production_cost="99.99"),
    ],
    "person": [
        person(1, 1, boarding=True, school_year=3, months_absent=Decimal("6.5"),
               birth_date=date(1980, 1, 1)),
        person(2, 1, boarding=None, on_dibao=True, months_absent=Decimal(7),
               birth_date=date(1981, 12, 31)),
        person(3, 1, boarding=True, school_year=None, birth_date=date(2005, 5, 5),
               father_no="45122810020000000101", mother_no="45122810020000000102"),
        person(1, 2, boarding=False, on_dibao=True, school_year=1),
        person(2, 2, boarding=False, on_dibao=None, months_absent=Decimal("0.1")),
        person(1, 4, boarding=True, birth_date=date(2001, 1, 1), father_no="none"),
        person(1, 5, village=OTHER, boarding=True, school_year=9, birth_date=date(2000, 2, 29)),
    ],
    "village": [
        {"village_code": "451228100200", "is_poverty_village": True},
        {"village_code": OTHER, "is_poverty_village": None},
    ],
    "county": [{"county_code": "451228"}, {"county_code": "451221"}],
}  # fmt: skip


@pytest.mark.parametrize("pack_id", policy.known_packs())
def test_every_pack_can_be_said_in_spark_sql(pack_id: str, tmp_path: Path) -> None:
    """Nothing in a shipped pack is unproven, and every type has its name in Spark."""
    snapshot = lake.Snapshot.open(write_snapshot(tmp_path / "s"))
    program = Script.of(compile_batch(policy.load_pack(pack_id), AS_OF))
    types = sparksql.output_types(program, snapshot)
    for _, sql in program.statements:
        found = sparksql.to_spark(sql)
        assert "MATERIALIZED" not in found
        assert "HUGEINT" not in found
    for table, select in program.outputs.items():
        found = sparksql.output_sql(select, types[table])
        assert found.count("UNION ALL") < len(lake.ENTITIES)  # a table is read once, not per rule
        assert types[table][0] == ("county_code", "STRING")
    for sql in program.counts.values():
        assert not sql or sparksql.to_spark(sql)


@pytest.mark.parametrize(
    ("duckdb_sql", "spark_sql"),
    [
        ("SELECT CAST(a AS BIGINT)", "SELECT CAST(ROUND(a, 0) AS BIGINT)"),
        ("SELECT CAST(FLOOR(a) AS BIGINT)", "SELECT CAST(FLOOR(a) AS BIGINT)"),
        ("SELECT CAST(a AS HUGEINT)", "SELECT CAST(a AS DECIMAL(38, 0))"),
        ("SELECT a // b", "SELECT a DIV b"),
        ("SELECT SIGN(CAST(a AS INT))", "SELECT CAST(SIGN(CAST(ROUND(a, 0) AS INT)) AS INT)"),
        (
            "SELECT LIST_CONTAINS(a, 'x')",
            "SELECT CASE WHEN NOT (a) IS NULL THEN COALESCE(ARRAY_CONTAINS(a, 'x'), FALSE) END",
        ),
        (
            "SELECT LIST_CONTAINS(a, b)",
            (
                "SELECT CASE WHEN NOT (a) IS NULL AND NOT (b) IS NULL"
                " THEN COALESCE(ARRAY_CONTAINS(a, b), FALSE) END"
            ),
        ),
        ("SELECT LIST_CONTAINS(['x', 'y'], a)", "SELECT ((a) IN ('x', 'y'))"),
        ("WITH x AS NOT MATERIALIZED (SELECT 1) SELECT * FROM x",
         "WITH x AS (SELECT 1) SELECT * FROM x"),
    ],
)  # fmt: skip
def test_where_the_dialects_differ_in_value(duckdb_sql: str, spark_sql: str) -> None:
    assert sparksql.to_spark(duckdb_sql) == spark_sql


@pytest.mark.parametrize(
    "sql", ["SELECT a / b", "SELECT md5(a)", "SELECT TRY_CAST(a AS INT)", "SELECT AVG(a)",
            "SELECT ROW_NUMBER() OVER (ORDER BY a)", "SELECT no_such_function(a)"],
)  # fmt: skip
def test_what_is_not_proven_is_refused(sql: str) -> None:
    with pytest.raises(Problem, match=r"policy.spark_unproven"):
        sparksql.to_spark(sql)


def test_a_type_spark_does_not_know_is_refused() -> None:
    assert sparksql.spark_type("VARCHAR[]") == "ARRAY<STRING>"
    with pytest.raises(Problem, match=r"policy.spark_unproven"):
        sparksql.spark_type("UUID")


def test_an_unknown_engine(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"policy.engine_unknown"):
        policy.evaluate(tmp_path, "hechi", AS_OF, tmp_path / "f", engine="hadoop")


COMMAND = "from bangfu.config.cli.main import main; main()"


def words(snapshot: Path, pack: Path, out: Path) -> list[str]:
    return ["evaluate", "--snapshot", str(snapshot), "--pack", str(pack), "--as-of",
            "2016-12-31", "--out", str(out), "--engine", "spark"]  # fmt: skip


def test_without_pyspark_or_java_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = write_snapshot(tmp_path / "s", **TABLES)
    pack = write_pack(tmp_path, rule("has_tv"))
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(Problem, match=r"policy.spark_missing") as caught:
        policy.evaluate(snapshot, pack, AS_OF, tmp_path / "f", engine="spark")
    assert "make spark" in caught.value.advice("zh")
    monkeypatch.setitem(sys.modules, "pyspark", sys)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    found = CliRunner().invoke(main.build([commands]), words(snapshot, pack, tmp_path / "f"))
    assert isinstance(found.exception, Problem)
    assert found.exception.code == "policy.java_missing"
    assert "openjdk-17" in found.exception.advice("zh")
    assert not (tmp_path / "f").exists()


@pytest.mark.slow
@pytest.mark.skipif(bool(NO_SPARK), reason=NO_SPARK)
def test_two_workers_give_the_same_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every function on edge values; one county's figures need 38 digits."""
    monkeypatch.setattr(countywork, "GROUP_CELLS", 1)  # by county, as Spark does on overflow
    rich = home(6, OTHER, has_tv=True, income_wages=HUGE, income_other=HUGE,
                production_cost=-HUGE, hamlet_households=1, cropland_mu="10.5")  # fmt: skip
    snapshot = write_snapshot(
        tmp_path / "s", **{**TABLES, "household": [*TABLES["household"], rich]}
    )
    pack = write_pack(tmp_path, RULES, variables=VARIABLES)
    policy.evaluate(snapshot, pack, AS_OF, tmp_path / "duckdb", threads=1)
    # By itself, as people run it: pyspark leaves sockets open that our tests would not pass.
    command = [sys.executable, "-c", COMMAND, *words(snapshot, pack, tmp_path / "spark"),
               "--spark-master", CLUSTER]  # fmt: skip
    # So few rows are computed before the thorough compiler would have paid for itself.
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path),
           "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}  # fmt: skip
    found = subprocess.run(command, env=env, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    rows, differences = compare(tmp_path / "duckdb", tmp_path / "spark")
    assert differences == []
    assert rows > 30
    manifest = (tmp_path / "spark" / "manifest.json").read_text(encoding="utf-8")
    assert re.search(r'"computed_by": "spark 4\.', manifest)
    assert sorted(os.listdir(tmp_path)) == ["duckdb", "packs", "s", "spark"]
