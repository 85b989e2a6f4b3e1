"""What goes wrong with a snapshot or half-way: damage, age, a kill in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from bangfu import policy
from bangfu.config.cli import main, show
from bangfu.config.cli import policy as commands
from bangfu.kernel.problems import Problem
from bangfu.lake import manifest
from bench.engines import compare
from tests.policy.trial import AS_OF, household, person, rule, write_pack, write_snapshot

COUNTIES = ("451221", "451222", "451228")
AMOUNT = "amount: 1000\nunit: yuan\nperiod: year\n"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    rules = (
        rule("has_tv", id="H-TV")
        + rule("has_electricity", id="H-LIGHT")
        + rule("boarding and household.has_tv", id="P-AID", entity="person", kind="entitlement",
               more=AMOUNT)
    )  # fmt: skip
    return write_pack(tmp_path, rules)


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    homes, people = [], []
    for code in COUNTIES:
        for number in range(1, 40):
            village = f"{code}100200"
            homes.append(household(number, village=village, has_tv=number % 3 == 0,
                                   has_electricity=None if number == 7 else True))  # fmt: skip
            people.append(person(1, number, village=village, boarding=number % 2 == 0))
    return write_snapshot(
        tmp_path / "snapshot", household=homes, person=people, village=[],
        county=[{"county_code": code} for code in COUNTIES],
    )  # fmt: skip


def asked(snapshot: Path, pack: Path, out: Path, *more: str) -> Any:
    command = ["evaluate", "--snapshot", str(snapshot), "--pack", str(pack), "--as-of",
               "2016-12-31", "--out", str(out), *more]  # fmt: skip
    return CliRunner().invoke(main.build([commands]), command)


def flip(file: Path) -> None:
    """One bit of the first values changed; size and footer are as before."""
    content = bytearray(file.read_bytes())
    content[24] ^= 0x10
    file.write_bytes(content)


@pytest.mark.parametrize("entity", ["person", "household", "county"])
def test_a_changed_byte_is_refused_by_the_file_s_name(
    entity: str, snapshot: Path, pack: Path, tmp_path: Path
) -> None:
    file = snapshot / entity / "county_code=451222" / "part-0.parquet"
    flip(file)
    found = asked(snapshot, pack, tmp_path / "f")
    assert isinstance(found.exception, Problem)
    assert found.exception.code == "lake.file_damaged"
    assert str(file) in found.exception.message("zh")
    assert not (tmp_path / "f").exists()
    # What is sound is still of use: the other counties can be judged.
    assert asked(snapshot, pack, tmp_path / "f", "--county", "451221").exception is None


def test_a_file_that_is_cut_lost_or_no_parquet(snapshot: Path, pack: Path, tmp_path: Path) -> None:
    file = snapshot / "person" / "county_code=451228" / "part-0.parquet"
    whole = file.read_bytes()
    for content, code in ((whole[:-9], "lake.file_damaged"), (None, "lake.file_missing"),
                          (b"\0" * len(whole), "lake.file_damaged")):  # fmt: skip
        file.unlink() if content is None else file.write_bytes(content)
        found = asked(snapshot, pack, tmp_path / "f")
        assert isinstance(found.exception, Problem)
        assert found.exception.code == code
        assert str(file) in found.exception.message("zh")
    file.write_bytes(whole)
    assert asked(snapshot, pack, tmp_path / "f").exception is None


def test_damage_that_comes_while_evaluating_keeps_what_is_done(
    snapshot: Path, pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A county's files are looked at as it begins; mended, the run goes on."""
    from bangfu.policy import countywork

    monkeypatch.setattr(countywork, "GROUP_CELLS", 1)
    file = snapshot / "person" / "county_code=451228" / "part-0.parquet"
    whole = file.read_bytes()
    flip(file)
    with pytest.raises(Problem, match=r"lake.file_damaged"):
        policy.evaluate(snapshot, pack, AS_OF, tmp_path / "f", threads=1)
    file.write_bytes(whole)
    result = policy.evaluate(snapshot, pack, AS_OF, tmp_path / "f", threads=1)
    assert result.resumed == ("451221", "451222")
    assert result.rows["person"] == 117


def without(snapshot: Path, entity: str, county: str, column: str) -> None:
    """The file as a version without that field would have written it."""
    found = manifest.load(snapshot)
    entry = found.tables[entity][county]
    file = snapshot / entry.file
    pq.write_table(pq.ParquetFile(file).read().drop_columns([column]), file)
    found.tables[entity][county] = manifest.entry_of(snapshot, file, entry.rows)
    replace(found, dictionary="of an earlier version").save(snapshot)


def test_a_snapshot_from_an_older_dictionary(snapshot: Path, pack: Path, tmp_path: Path) -> None:
    """One county written before the field was: rules that need it are undecided, the rest is
    judged, and command line and manifest say what is lacking."""
    without(snapshot, "household", "451222", "has_tv")
    found = asked(snapshot, pack, tmp_path / "f")
    assert found.exception is None
    assert "household.has_tv" in found.output
    assert "待定" in found.output
    said = json.loads((tmp_path / "f" / "manifest.json").read_text(encoding="utf-8"))
    assert said["missing_columns"] == ["household.has_tv"]
    assert said["rules"]["H-TV"]["undecided"] == 117
    assert said["rules"]["H-LIGHT"]["undecided"] == 3
    assert said["rules"]["P-AID"]["positive"] == 0


def test_a_log_file_says_how_far_it_is(
    snapshot: Path, pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show, "LOG_SECONDS", -1)
    found = asked(snapshot, pack, tmp_path / "f")
    assert [f"{done}/3" in found.output for done in (0, 3)] == [True, True]


KILLED = """
import sys, time
from datetime import date
from bangfu import policy
from bangfu.policy import countywork
countywork.GROUP_CELLS = 1
real = countywork.Work._counts
done = []
def slow(self, *a):
    found = real(self, *a)
    if done:
        print("second county written", flush=True)
        time.sleep(60)
    done.append(found)
    return found
countywork.Work._counts = slow
policy.evaluate(sys.argv[1], sys.argv[2], date(2016, 12, 31), sys.argv[3], threads=1)
"""


def test_killed_half_way_it_goes_on_and_ends_the_same(
    snapshot: Path, pack: Path, tmp_path: Path
) -> None:
    """SIGKILL with one county done and the files of the second written but not counted."""
    out = tmp_path / "f"
    running = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(snapshot), str(pack), str(out)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline().strip() == "second county written"
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    running.stdout.close()
    assert not out.exists()
    half = tmp_path / ".f.part" / "criteria.parquet" / "county_code=451222"
    (half / "part-7.parquet").write_bytes((half / "part-0.parquet").read_bytes())
    result = policy.evaluate(snapshot, pack, AS_OF, out)
    assert result.resumed == ("451221",)
    policy.evaluate(snapshot, pack, AS_OF, tmp_path / "unbroken")
    rows, differences = compare(out, tmp_path / "unbroken")
    assert differences == []
    assert rows > 117
    assert not (tmp_path / ".f.part").exists()


def test_the_day_of_a_broken_run_counts(snapshot: Path, pack: Path, tmp_path: Path) -> None:
    """What another date left is not taken up."""
    part = tmp_path / ".f.part"
    (part / "counts").mkdir(parents=True)
    header = {"as_of": date(2016, 6, 30).isoformat()}
    (part / "header.json").write_text(json.dumps(header))
    (part / "counts" / "451221.json").write_text('{"rows": {}, "rules": {}}')
    assert policy.evaluate(snapshot, pack, AS_OF, tmp_path / "f").resumed == ()
