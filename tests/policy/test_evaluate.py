"""A snapshot judged: what is written, counted, refused, resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from bangfu import policy
from bangfu.kernel.problems import Problem
from bangfu.policy import countywork, evaluating
from tests.policy.trial import AS_OF, household, person, rule, write_pack, write_snapshot

ALLOWANCE = "amount: 1000\nunit: yuan\nperiod: year\n"
RULES = (
    rule("has_tv", id="H-TV")
    + rule("income_wages / count(member) > 2952", id="H-INCOME")
    + rule("any(member where boarding)", id="H-ALERT", kind="alert")
    + rule("boarding and household.has_tv", id="P-AID", entity="person", kind="entitlement",
           more=ALLOWANCE)
    + rule("age >= 60", id="P-OLD", entity="person")
    + rule("has_electricity", id="H-CAP", kind="limit", more="amount: count(member) * 25\nunit: m2\n")
    + rule("is_poverty_village", id="V-POOR", entity="village")
)  # fmt: skip
VARIABLES = """
household:
  per_head: {zh: 人均, unit: yuan, expr: income_wages / count(member)}
"""
OTHER = "451221100200"
TABLES: dict[str, list[dict[str, Any]]] = {
    "household": [
        household(1, has_tv=True, has_electricity=True, income_wages=8857),
        household(2, has_electricity=False, income_wages=100),
        household(3, village=OTHER, has_tv=False, income_wages=1),
    ],
    "person": [
        person(1, 1, boarding=True, birth_date=date(1956, 12, 31)),
        person(2, 1, boarding=False, birth_date=date(1957, 1, 1)),
        person(3, 1),
        person(1, 2, boarding=True, birth_date=date(2000, 1, 1)),
        person(1, 3, village=OTHER, boarding=True, birth_date=date(2000, 1, 1)),
    ],
    "village": [
        {"village_code": "451228100200", "is_poverty_village": True},
        {"village_code": OTHER, "is_poverty_village": False},
    ],
    "county": [{"county_code": "451228"}, {"county_code": "451221"}],
}


@pytest.fixture
def pack(tmp_path: Path) -> policy.Pack:
    return policy.load_pack(write_pack(tmp_path, RULES, variables=VARIABLES))


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    return write_snapshot(tmp_path / "snapshot", **TABLES)


def rows(out: Path, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    files = str(out / f"{table}.parquet" / "*" / "*.parquet")
    query = f"SELECT {columns} FROM read_parquet(?, hive_partitioning = false) ORDER BY ALL"
    return duckdb.execute(query, [files]).fetchall()


def test_every_finding_is_where_it_belongs(
    pack: policy.Pack, snapshot: Path, tmp_path: Path
) -> None:
    out = tmp_path / "findings"
    result = policy.evaluate(snapshot, pack, AS_OF, out)
    one, two, three = "451228100200000001", "451228100200000002", "451221100200000003"
    assert rows(out, "criteria", 'household_no, region_code, "H-TV", "H-INCOME"') == [
        (three, OTHER, False, False),
        (one, "451228100200", True, True),  # 8857 / 3 = 2952.33…
        (two, "451228100200", None, False),
    ]
    assert rows(out, "variables", "household_no, per_head") == [
        (three, Decimal("1.00")), (one, Decimal("2952.33")), (two, Decimal("100.00")),
    ]  # fmt: skip
    assert rows(out, "entitlements") == [
        ("P-AID", "person", f"{one}01", one, "451228100200", Decimal("1000.00"), "yuan", "year")
    ]
    assert rows(out, "limits", "rule, subject, amount, unit") == [("H-CAP", one, Decimal(75), "m2")]
    assert rows(out, "alerts", "rule, subject") == [
        ("H-ALERT", three),
        ("H-ALERT", one),
        ("H-ALERT", two),
    ]
    assert rows(out, "met", "rule, entity, subject, household_no, region_code") == [
        ("P-OLD", "person", f"{one}01", one, "451228100200"),
        ("V-POOR", "village", "451228100200", None, "451228100200"),
    ]
    assert rows(out, "undecided", "rule, subject, missing") == [
        ("H-CAP", three, ["household.has_electricity"]),
        ("H-TV", two, ["household.has_tv"]),
        ("P-AID", f"{one}03", ["person.boarding"]),
        ("P-AID", f"{two}01", ["household.has_tv"]),
        ("P-OLD", f"{one}03", ["person.birth_date"]),
    ]
    count = result.counts["P-AID"]
    assert (count.positive, count.negative, count.undecided, count.amount_sum) == (1, 2, 2, 1000)
    assert result.rows == {"household": 3, "person": 5, "village": 2, "county": 2}


def test_the_manifest_says_what_was_judged_by_what(
    pack: policy.Pack, snapshot: Path, tmp_path: Path
) -> None:
    out = tmp_path / "findings"
    policy.evaluate(snapshot, pack, AS_OF, out)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["kind"] == "findings"
    assert manifest["pack_hash"] == pack.hash
    assert manifest["as_of"] == "2016-12-31"
    assert manifest["snapshot"]["period"] == "2016-12"
    assert manifest["rules"]["P-AID"]["amount_sum"] == "1000.00"
    assert manifest["rules"]["H-TV"] == {
        "kind": "criterion", "entity": "household", "positive": 1, "negative": 1, "undecided": 1,
        "amount_sum": "0.00",
    }  # fmt: skip
    assert {p.name for p in (out / "criteria.parquet").iterdir()} == {
        "county_code=451221", "county_code=451228",
    }  # fmt: skip
    assert sorted(p.name for p in out.parent.iterdir()) == ["findings", "packs", "snapshot"]


def test_two_runs_give_the_same_rows(pack: policy.Pack, snapshot: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        policy.evaluate(snapshot, pack, AS_OF, tmp_path / name, threads=1 if name == "a" else 2)
    for table in ("criteria", "entitlements", "undecided", "variables"):
        assert rows(tmp_path / "a", table) == rows(tmp_path / "b", table)


def test_an_earlier_result_is_replaced_but_nothing_else_is(
    pack: policy.Pack, snapshot: Path, tmp_path: Path
) -> None:
    out = tmp_path / "findings"
    policy.evaluate(snapshot, pack, AS_OF, out)
    policy.evaluate(snapshot, pack, AS_OF, out, counties=["451221"])
    assert len(rows(out, "criteria")) == 1
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "letter.txt").write_text("keep")
    with pytest.raises(Problem, match=r"policy.out_not_findings"):
        policy.evaluate(snapshot, pack, AS_OF, precious)
    assert (precious / "letter.txt").read_text() == "keep"
    with pytest.raises(Problem, match=r"policy.out_not_findings"):
        policy.evaluate(snapshot, pack, AS_OF, snapshot)


def test_refusals(pack: policy.Pack, snapshot: Path, tmp_path: Path) -> None:
    out = tmp_path / "findings"
    with pytest.raises(Problem, match=r"policy.as_of_outside_pack"):
        policy.evaluate(snapshot, pack, date(2015, 12, 31), out)
    with pytest.raises(Problem, match=r"policy.unknown_region") as caught:
        policy.evaluate(snapshot, pack, AS_OF, out, counties=["110101"])
    assert "451221、451228" in caught.value.advice("zh")
    with pytest.raises(Problem, match=r"lake\."):
        policy.evaluate(tmp_path / "nowhere", pack, AS_OF, out)
    assert not out.exists()


def test_a_damaged_file_is_refused_by_name(
    pack: policy.Pack, snapshot: Path, tmp_path: Path
) -> None:
    file = next((snapshot / "person").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(Problem) as caught:
        policy.evaluate(snapshot, pack, AS_OF, tmp_path / "findings")
    assert file.name in caught.value.message("zh")


def test_some_rules_only(pack: policy.Pack, snapshot: Path, tmp_path: Path) -> None:
    out = tmp_path / "findings"
    result = policy.evaluate(snapshot, pack, AS_OF, out, rules=["H-TV", "P-AID"])
    assert sorted(result.counts) == ["H-TV", "P-AID"]
    assert rows(out, "criteria", "columns(*)")[0][2:] == (False,)
    assert len(rows(out, "entitlements")) == 1
    with pytest.raises(Problem, match=r"policy.rule_unknown"):
        policy.evaluate(snapshot, pack, AS_OF, out, rules=["H-NONE"])


def test_progress_counts_counties(pack: policy.Pack, snapshot: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    policy.evaluate(
        snapshot, pack, AS_OF, tmp_path / "f", progress=lambda d, t, m: seen.append((d, t))
    )
    assert seen[0] == (0, 2)
    assert seen[-1] == (2, 2)


def test_it_goes_on_where_it_stopped(
    pack: policy.Pack, snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "findings"
    monkeypatch.setattr(countywork, "GROUP_CELLS", 1)
    calls: list[Any] = []
    real = countywork.Work.run

    def once(self: Any, cursor: Any, group: Any) -> Any:
        if calls:
            cursor.close()
            raise KeyboardInterrupt
        calls.append(group)
        return real(self, cursor, group)

    monkeypatch.setattr(countywork.Work, "run", once)
    with pytest.raises(KeyboardInterrupt):
        policy.evaluate(snapshot, pack, AS_OF, out, threads=1)
    assert not out.exists()
    monkeypatch.setattr(countywork.Work, "run", real)
    result = policy.evaluate(snapshot, pack, AS_OF, out, threads=1)
    assert result.resumed == calls[0]
    assert len(rows(out, "criteria")) == 3
    assert result.rows["person"] == 5
    again = policy.evaluate(snapshot, pack, AS_OF, out, threads=1)
    assert again.resumed == ()


def test_what_another_pack_left_is_not_taken_up(
    pack: policy.Pack, snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = tmp_path / ".findings.part"
    (part / "counts").mkdir(parents=True)
    (part / "header.json").write_text(json.dumps({"pack": "another"}))
    (part / "counts" / "451228.json").write_text('{"rows": {}, "rules": {}}')
    result = policy.evaluate(snapshot, pack, AS_OF, tmp_path / "findings")
    assert result.resumed == ()
    assert len(result.counts) == 7


KILLED = """
import sys, time
from datetime import date
from bangfu import policy
from bangfu.policy import countywork
countywork.GROUP_CELLS = 1
real = countywork.Work._counts
def slow(self, *a):
    found = real(self, *a); print("written", flush=True); time.sleep(30); return found
countywork.Work._counts = slow
policy.evaluate(sys.argv[1], policy.load_pack(sys.argv[2]), date(2016, 12, 31), sys.argv[3], threads=1)
"""


def test_a_killed_run_shows_nothing(pack: policy.Pack, snapshot: Path, tmp_path: Path) -> None:
    out = tmp_path / "findings"
    command = [sys.executable, "-c", KILLED, str(snapshot), str(pack.root), str(out)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline().strip() == "written"
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    running.stdout.close()
    assert not out.exists()
    result = policy.evaluate(snapshot, pack, AS_OF, out)
    assert len(rows(out, "criteria")) == 3
    assert result.rows["household"] == 3


def test_two_at_once_are_refused(pack: policy.Pack, snapshot: Path, tmp_path: Path) -> None:
    from bangfu import lake

    with (
        lake.staged_directory(tmp_path / "findings"),
        pytest.raises(Problem, match=r"lake\."),
    ):
        policy.evaluate(snapshot, pack, AS_OF, tmp_path / "findings")


def test_an_older_snapshot_lacks_columns(pack: policy.Pack, snapshot: Path, tmp_path: Path) -> None:
    """Rules that need what is not there are undecided, and the manifest says why."""
    from bangfu.lake import manifest

    found = manifest.load(snapshot)
    for county, entry in found.tables["household"].items():
        file = snapshot / entry.file
        pq.write_table(pq.ParquetFile(file).read().drop_columns(["has_tv"]), file)
        found.tables["household"][county] = manifest.entry_of(snapshot, file, entry.rows)
    replace(found, dictionary="of an earlier version").save(snapshot)
    out = tmp_path / "findings"
    result = policy.evaluate(snapshot, pack, AS_OF, out)
    assert result.counts["H-TV"].undecided == 3
    assert result.missing_columns == {"household": ["has_tv"]}
    assert json.loads((out / "manifest.json").read_text())["missing_columns"] == [
        "household.has_tv"
    ]
    assert ("P-AID", ["household.has_tv"]) in rows(out, "undecided", "rule, missing")


def test_figures_beyond_eighteen_digits(tmp_path: Path) -> None:
    """Absurd figures (planted defects) must not stop a city: computed again with 38 digits."""
    expr = (
        "income_wages + income_other + income_business > 1 and industry_count * industry_count > 1"
    )
    pack = policy.load_pack(write_pack(tmp_path, rule(expr)))
    huge = Decimal("9999999999999999.99")
    rich = household(1, income_wages=huge, income_other=huge, income_business=huge,
                     industry_count=2_000_000_000)  # fmt: skip
    source = write_snapshot(tmp_path / "s", household=[rich], person=[], village=[], county=[])
    policy.evaluate(source, pack, AS_OF, tmp_path / "f")
    assert rows(tmp_path / "f", "criteria", '"R-1"') == [(True,)]


def test_a_fault_of_the_engine_names_county_and_statement(
    pack: policy.Pack, snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(countywork, "view_of", lambda *a: "SELECT no_such_column")
    with pytest.raises(Problem, match=r"policy.evaluation_failed") as caught:
        policy.evaluate(snapshot, pack, AS_OF, tmp_path / "findings")
    assert "no_such_column" in caught.value.advice("en")
    assert not (tmp_path / "findings").exists()


def test_a_full_disk_is_said_and_leaves_nothing(
    pack: policy.Pack, snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Any, cursor: Any, group: Any, program: Any) -> Any:
        raise duckdb.IOException("No space left on device")

    monkeypatch.setattr(countywork.Work, "_run", full)
    with pytest.raises(Problem, match=r"policy.disk_fault"):
        policy.evaluate(snapshot, pack, AS_OF, tmp_path / "findings")
    assert not (tmp_path / "findings").exists()


def test_memory_stays_bounded_by_grouping(snapshot: Path) -> None:
    from bangfu import lake

    opened = lake.Snapshot.open(snapshot)
    groups = countywork.group_counties(opened, opened.counties, 2, 50)
    assert sorted(county for group in groups for county in group) == ["451221", "451228"]


def test_what_memory_does_not_hold_is_judged_in_halves(
    pack: policy.Pack, snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same findings, by county; a county that is too large by itself is named."""
    whole = policy.evaluate(snapshot, pack, AS_OF, tmp_path / "whole")
    run, tried = countywork.Work._run, []

    def narrow(work: Any, cursor: Any, group: Any, program: Any) -> Any:
        tried.append(group)
        if len(group) > most:
            raise duckdb.OutOfMemoryException("could not allocate")
        return run(work, cursor, group, program)

    monkeypatch.setattr(countywork.Work, "_run", narrow)
    most = 1
    halves = policy.evaluate(snapshot, pack, AS_OF, tmp_path / "halves")
    assert tried == [("451221", "451228"), ("451221",), ("451228",)]
    assert halves.counts == whole.counts
    for table in whole.outputs:
        both = [sorted(rows(tmp_path / name, table, "*")) for name in ("whole", "halves")]
        assert both[0] == both[1], table
    most = 0
    with pytest.raises(Problem, match=r"policy.evaluation_failed.*451221"):
        policy.evaluate(snapshot, pack, AS_OF, tmp_path / "none")


def test_engine_version_is_known() -> None:
    assert evaluating.engine_version()
