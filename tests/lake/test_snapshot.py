"""The snapshot format: what is written is what is read, and nothing half-made is ever seen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangfu import dictionary, lake
from bangfu.kernel.problems import Problem

COUNTY = "451228"
VILLAGE = "451228100201"


def households(*serials: int, **columns: list[object]) -> pa.Table:
    keys = [f"{VILLAGE}{n:06d}" for n in serials]
    return pa.table({"household_no": keys, "village_code": [VILLAGE] * len(keys), **columns})


def write(out: Path, table: pa.Table, **options: bool) -> lake.Snapshot:
    with lake.SnapshotWriter(out, "2016-12", "test", **options) as writer:
        writer.write("household", COUNTY, table)
    return lake.Snapshot.open(out)


def leftovers(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("."))


def test_what_is_written_is_read_back_sorted_and_exact(tmp_path: Path) -> None:
    cents = pa.array([Decimal("0.10"), Decimal("1234567.89")], pa.decimal128(18, 2))
    snapshot = write(tmp_path / "s", households(2, 1, income_wages=cents))
    rows = snapshot.read("household", columns=["household_no", "income_wages"]).to_pylist()
    assert [r["income_wages"] for r in rows] == [Decimal("1234567.89"), Decimal("0.10")]
    assert snapshot.period == "2016-12"
    assert snapshot.counties == (COUNTY,)
    assert snapshot.row_count("household") == 2
    assert snapshot.row_count("person") == 0
    assert leftovers(tmp_path) == []
    snapshot.verify()


def test_duckdb_sees_the_dictionary_types(tmp_path: Path) -> None:
    snapshot = write(tmp_path / "s", households(1, causes_other=[["illness", "land"]]))
    file = str(snapshot.files("household")[0])
    query = "DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning = false)"
    described = duckdb.sql(query, params=[file]).fetchall()
    assert {row[0]: row[1] for row in described} == {
        f.name: f.duckdb_type for f in dictionary.snapshot_columns("household")
    }


def test_batches_stream_in_and_must_come_sorted(tmp_path: Path) -> None:
    with lake.SnapshotWriter(tmp_path / "s", "2016", "test") as writer:
        batches = (households(n).to_batches()[0] for n in (1, 2, 3))
        assert writer.write("household", COUNTY, batches) == 3
    with (
        pytest.raises(Problem, match=r"lake\.key_refused"),
        lake.SnapshotWriter(tmp_path / "t", "2016", "test") as writer,
    ):
        writer.write("household", COUNTY, (households(n).to_batches()[0] for n in (2, 1)))
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (households(1, 1), "lake.key_refused"),
        (pa.table({"household_no": pa.array([None], pa.string())}), "lake.key_refused"),
        (pa.table({"household_no": ["451229100201000001"]}), "lake.key_refused"),
        (households(1, phone=["13800000000"]), "lake.column_refused"),
        (households(1, nickname=["x"]), "lake.column_refused"),
        (households(1, cropland_mu=["much"]), "lake.column_refused"),
    ],
    ids=["repeated", "empty", "foreign county", "personal", "unknown", "wrong type"],
)
def test_bad_rows_are_refused_and_leave_nothing(tmp_path: Path, table: pa.Table, code: str) -> None:
    with pytest.raises(Problem) as caught:
        write(tmp_path / "s", table)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_written_once_and_counties_are_counties(tmp_path: Path) -> None:
    with lake.SnapshotWriter(tmp_path / "t", "2016", "test") as writer:
        writer.write("household", COUNTY, households(1))
        with pytest.raises(Problem, match=r"lake\.written_twice"):
            writer.write("household", COUNTY, households(2))
    with (
        pytest.raises(Problem, match=r"lake\.county_refused"),
        lake.SnapshotWriter(tmp_path / "s", "2016", "test") as writer,
    ):
        writer.write("household", "../../x", households(1))


def test_an_existing_snapshot_is_kept_unless_replacing(tmp_path: Path) -> None:
    out = tmp_path / "s"
    first = write(out, households(1))
    with pytest.raises(Problem, match=r"lake\.target_taken"):
        write(out, households(1, 2))
    assert lake.Snapshot.open(out).digest == first.digest
    assert write(out, households(1, 2), replace=True).row_count("household") == 2
    assert leftovers(tmp_path) == []


def test_missing_columns_are_reported_and_read_as_unknown(tmp_path: Path) -> None:
    """A snapshot from elsewhere may lack a column; that is no reason to refuse it."""
    out = tmp_path / "s"
    snapshot = write(out, households(1))
    file = snapshot.files("household")[0]
    pq.write_table(snapshot.read("household").drop_columns(["dwelling_grade"]), file)
    manifest = json.loads((out / "manifest.json").read_text())
    entry = manifest["tables"]["household"][COUNTY]
    entry["bytes"] = file.stat().st_size
    manifest["dictionary"] = "of an earlier version"
    (out / "manifest.json").write_text(json.dumps(manifest))
    snapshot = lake.Snapshot.open(out)
    assert snapshot.missing_columns("household") == ["dwelling_grade"]
    assert "dwelling_grade" not in snapshot.columns("household")
    assert snapshot.read("household")["dwelling_grade"].to_pylist() == [None]


def test_a_corrupted_file_is_refused_by_name(tmp_path: Path) -> None:
    snapshot = write(tmp_path / "s", households(1, 2))
    file = snapshot.files("household")[0]
    body = bytearray(file.read_bytes())
    body[20] ^= 1
    file.write_bytes(body)
    with pytest.raises(Problem) as caught:
        lake.Snapshot.open(tmp_path / "s").verify()
    assert caught.value.code == "lake.file_damaged"
    assert str(file) in caught.value.message()
    file.write_bytes(body[:-1])
    with pytest.raises(Problem, match=r"lake\.file_damaged"):
        lake.Snapshot.open(tmp_path / "s")
    file.unlink()
    with pytest.raises(Problem, match=r"lake\.file_missing"):
        lake.Snapshot.open(tmp_path / "s")


def test_an_unlisted_file_is_refused(tmp_path: Path) -> None:
    snapshot = write(tmp_path / "s", households(1))
    (snapshot.files("household")[0].parent / "part-1.parquet").write_bytes(b"PAR1")
    with pytest.raises(Problem, match=r"lake\.file_unlisted"):
        snapshot.verify()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "bangfu-snapshot/9"}, "lake.format_unknown"),
        ({"tables": {}}, "lake.manifest_damaged"),
        ({"period": None}, "lake.manifest_damaged"),
    ],
)
def test_a_damaged_manifest_is_refused(
    tmp_path: Path, change: dict[str, object], code: str
) -> None:
    write(tmp_path / "s", households(1))
    path = tmp_path / "s" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(Problem) as caught:
        lake.Snapshot.open(tmp_path / "s")
    assert caught.value.code == code
    path.write_text("{")
    with pytest.raises(Problem, match=r"lake\.manifest_damaged"):
        lake.Snapshot.open(tmp_path / "s")
    path.unlink()
    with pytest.raises(Problem, match=r"lake\.not_found"):
        lake.Snapshot.open(tmp_path / "s")


def test_a_manifest_cannot_lead_outside(tmp_path: Path) -> None:
    write(tmp_path / "s", households(1))
    path = tmp_path / "s" / "manifest.json"
    path.write_text(path.read_text().replace('"household/', '"../../household/'))
    with pytest.raises(Problem, match=r"lake\.manifest_damaged"):
        lake.Snapshot.open(tmp_path / "s")


def test_attachments_and_notes_travel_with_the_snapshot(tmp_path: Path) -> None:
    with lake.SnapshotWriter(tmp_path / "s", "2016", "test") as writer:
        writer.write("household", COUNTY, households(1))
        writer.notes["seed"] = 7
        writer.attach("defects.csv", b"a,b\n")
        with pytest.raises(ValueError, match="plain file name"):
            writer.attach("../x", b"")
    snapshot = lake.Snapshot.open(tmp_path / "s")
    assert snapshot.manifest.notes == {"seed": 7}
    (tmp_path / "s" / "defects.csv").write_bytes(b"a,c\n")
    with pytest.raises(Problem, match=r"defects\.csv"):
        snapshot.verify()


KILLED = """
    import pathlib, sys, time
    import pyarrow as pa
    from bangfu import lake
    with lake.SnapshotWriter(pathlib.Path(sys.argv[1]), "2016-12", "test", replace=True) as w:
        w.write("household", "451228", pa.table({"household_no": ["451228100201000001"]}))
        print("written", flush=True)
        time.sleep(60)
"""


def start_and_wait(out: Path) -> subprocess.Popen[str]:
    run = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(out)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "written\n"
    return run


def test_a_killed_run_leaves_nothing_and_the_next_sweeps_up(tmp_path: Path) -> None:
    out = tmp_path / "s"
    with start_and_wait(out) as run:
        assert not out.exists()
        with pytest.raises(Problem, match=r"lake\.target_busy"):
            write(out, households(1))
        run.send_signal(signal.SIGKILL)
    assert not out.exists()
    assert any(".tmp-" in name for name in leftovers(tmp_path))
    write(out, households(1)).verify()
    assert leftovers(tmp_path) == []


def test_a_target_set_aside_by_a_killed_replacement_comes_back(tmp_path: Path) -> None:
    out = tmp_path / "s"
    write(out, households(1))
    out.rename(tmp_path / ".s.old-x1")
    with pytest.raises(Problem, match=r"lake\.target_taken"):
        write(out, households(2))
    assert lake.Snapshot.open(out).row_count("household") == 1


def test_a_full_disk_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bangfu.lake.staging._fsync_tree", full)
    with pytest.raises(Problem, match=r"lake\.no_space"):
        write(tmp_path / "s", households(1))
    assert list(tmp_path.iterdir()) == []
