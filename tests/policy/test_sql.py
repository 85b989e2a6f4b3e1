"""The SQL of a small pack with one of everything, as reviewed files in sql/.

After a meant change: WRITE_SQL=1 pytest tests/policy/test_sql.py, then read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlglot

from bangfu import policy
from bangfu.policy.program import compile_batch
from tests.policy.trial import AS_OF, rule, write_pack

SQL = Path(__file__).parent / "sql"
PARAMETERS = """
line: {zh: 线, unit: yuan, values: [
  {from: 2016-01-01, value: 2952}, {from: 2016-01-01, value: 3100, region: "4512"}]}
schemes: {zh: 险种, unit: code, values: [{from: 2016-01-01, value: [ncms, resident]}]}
"""
VARIABLES = """
household:
  per_head: {zh: 人均, unit: yuan, expr: income_wages / count(member)}
  supported: {zh: 帮扶, expr: "status in ('registered', 'observed')"}
"""
RULES = (
    rule("per_head > param.line", id="H-1")
    + rule("all(member where medical_insurance in param.schemes)", id="H-2")
    + rule("met('H-1') and met('H-2')", id="H-3")
    + rule("household.supported and school_stage = 'primary' and boarding", id="P-1",
           entity="person", kind="entitlement",
           more="amount: 1000\nunit: yuan\nperiod: year\n")
    + rule("age <= 14 and (father_no = 'none' or father.months_absent >= 3)", id="P-2",
           entity="person", kind="alert")
    + rule("age >= 60 and all(child where months_absent >= 3)", id="P-3", entity="person")
)  # fmt: skip


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = write_pack(
        tmp_path_factory.mktemp("p"), RULES, variables=VARIABLES, parameters=PARAMETERS
    )
    program = compile_batch(policy.load_pack(root), AS_OF)
    found = {s.name: s.sql(pretty=True) for s in program.statements}
    for name, select in {
        **program.outputs,
        **{f"counts_{e}": s for e, s in program.counts.items()},
    }.items():
        if select:
            found[f"write_{name}"] = sqlglot.parse_one(select, read="duckdb").sql(
                "duckdb", pretty=True
            )
    return found


def test_the_sql_is_as_reviewed(statements: dict[str, str]) -> None:
    if os.environ.get("WRITE_SQL"):
        SQL.mkdir(exist_ok=True)
        for old in SQL.glob("*.sql"):
            old.unlink()
        for name, text in statements.items():
            (SQL / f"{name}.sql").write_text(text + "\n")
    kept = {file.stem: file.read_text().rstrip("\n") for file in SQL.glob("*.sql")}
    assert set(kept) == set(statements)
    for name, text in statements.items():
        assert kept[name] == text, f"{name}.sql differs"


def test_only_asked_relatives_are_looked_up(statements: dict[str, str]) -> None:
    assert "SEMI JOIN" in statements["person_out"]


def test_it_transpiles_to_spark(statements: dict[str, str]) -> None:
    for name, text in statements.items():
        assert sqlglot.transpile(text, read="duckdb", write="spark"), name
