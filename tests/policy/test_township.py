"""One township judged by itself: the same findings as in a run of the whole county."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from bangfu import policy
from bangfu.kernel.problems import Problem
from tests.policy.trial import AS_OF, household, person, rule, write_pack, write_snapshot

HERE, NEXT, AWAY = "451228100200", "451228100201", "451228101200"  # two of one township
SUPPORT = "amount: count(member) * 100\nunit: yuan\nperiod: year\n"
RULES = (
    rule("has_tv", id="H-TV")
    + rule("all(member where boarding)", id="H-AID", kind="entitlement", more=SUPPORT)
    + rule("father.months_absent >= 3", id="P-FATHER", entity="person", kind="alert")
    + rule("any(child where boarding)", id="P-CHILD", entity="person", kind="alert")
    + rule("count(household where has_tv) >= 1", id="V-TV", entity="village")
)
COUNTY = rule("county.sets >= 2", id="P-SETS", entity="person")
SETS = """
county:
  sets: {zh: 有电视的户数, unit: households, expr: count(household where has_tv)}
"""
TABLES: dict[str, list[dict[str, Any]]] = {
    "household": [
        household(1, village=HERE, has_tv=True), household(2, village=HERE),
        household(3, village=NEXT, has_tv=False), household(4, village=AWAY, has_tv=True),
    ],
    "person": [
        person(1, 1, village=HERE, boarding=True, father_no=f"{AWAY}00000401"),
        person(1, 2, village=HERE, father_no=f"{HERE}00000199"),  # nobody has this number
        person(2, 2, village=HERE, months_absent=0),
        person(1, 3, village=NEXT, boarding=False, months_absent=5),
        person(1, 4, village=AWAY, boarding=True, months_absent=5),
        person(2, 4, village=AWAY, boarding=True, father_no=f"{HERE}00000202"),
    ],
    "village": [{"village_code": code} for code in (HERE, NEXT, AWAY)],
    "county": [{"county_code": "451228"}],
}  # fmt: skip


def findings(out: Path, region: str = "") -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, of a region."""
    found = {}
    for table in ("criteria", "entitlements", "alerts", "met", "undecided", "variables"):
        files = str(out / f"{table}.parquet" / "*" / "*.parquet")
        if list(out.glob(f"{table}.parquet/*/*.parquet")):
            query = "SELECT * FROM read_parquet($1) WHERE starts_with(region_code, $2) ORDER BY ALL"
            found[table] = duckdb.execute(query, [files, region]).fetchall()
    return found


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    return write_snapshot(tmp_path / "snapshot", **TABLES)


@pytest.mark.parametrize("more", ["", COUNTY], ids=["by itself", "asking of the county"])
@pytest.mark.parametrize("region", [HERE[:9], HERE, AWAY[:9]])
def test_a_township_by_itself_is_as_in_its_county(
    snapshot: Path, tmp_path: Path, region: str, more: str
) -> None:
    pack = policy.load_pack(write_pack(tmp_path, RULES + more, variables=SETS if more else ""))
    policy.evaluate(snapshot, pack, AS_OF, tmp_path / "county")
    result = policy.evaluate(snapshot, pack, AS_OF, tmp_path / "town", region=region)
    whole = findings(tmp_path / "county", region)
    assert whole["alerts"], "relatives elsewhere matter in this county"
    assert findings(tmp_path / "town") == {t: rows for t, rows in whole.items() if rows}
    number = {HERE[:9]: (3, 4), HERE: (2, 3), AWAY[:9]: (1, 2)}[region]
    assert (result.rows["household"], result.rows["person"]) == number
    counts = result.counts["H-TV"]
    assert counts.positive + counts.negative + counts.undecided == number[0]


@pytest.mark.parametrize("region", ["451228", "45122810", "451228999", "999999100", "x51228100"])
def test_a_region_that_is_not_there_is_refused(snapshot: Path, tmp_path: Path, region: str) -> None:
    pack = policy.load_pack(write_pack(tmp_path, RULES))
    with pytest.raises(Problem) as refusal:
        policy.evaluate(snapshot, pack, AS_OF, tmp_path / "town", region=region)
    assert refusal.value.kind.code.endswith("unknown_region")
    assert not (tmp_path / "town").exists()


def test_it_follows_what_changed(tmp_path: Path) -> None:
    pack = policy.load_pack(write_pack(tmp_path, RULES))
    before = write_snapshot(tmp_path / "before", **TABLES)
    policy.evaluate(before, pack, AS_OF, tmp_path / "town", region=HERE[:9])
    changed = [dict(row) for row in TABLES["household"]]
    changed[1]["has_tv"] = False
    after = write_snapshot(tmp_path / "after", **{**TABLES, "household": changed})
    result = policy.evaluate(after, pack, AS_OF, tmp_path / "town", region=HERE[:9])
    assert (result.counts["H-TV"].negative, result.counts["H-TV"].undecided) == (2, 0)
