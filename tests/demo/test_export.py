"""What `bangfu demo-data` writes, and that it does so in bounded memory."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from openpyxl import load_workbook

from bangfu import dictionary, lake
from bangfu.demo import export, figures
from bangfu.kernel.problems import Problem

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> lake.Snapshot:
    out = tmp_path_factory.mktemp("demo") / "2016-12"
    export.write(2_000, out, seed=5)
    return lake.Snapshot.open(out)


def test_a_snapshot_is_whole_and_says_what_was_planted(snapshot: lake.Snapshot) -> None:
    snapshot.verify()
    assert snapshot.period == "2016-12"
    assert len(snapshot.counties) == 11
    assert snapshot.row_count("person") == 2_000
    assert snapshot.row_count("village") == 1_666
    assert snapshot.missing_columns("person") == []
    with (snapshot.path / "defects.csv").open(encoding="utf-8") as stream:
        planted = list(csv.DictReader(stream))
    told = snapshot.manifest.notes["defects"]
    assert sum(told.values()) == len(planted)
    assert {row["kind"] for row in planted} == set(told)
    assert not {"invalid_check_digit", "id_against_birth", "person_in_two_households"} & set(told)
    assert "phone" not in {row["field"] for row in planted}


def test_the_same_seed_gives_the_same_snapshot(snapshot: lake.Snapshot, tmp_path: Path) -> None:
    export.write(2_000, tmp_path / "again", seed=5)
    assert lake.Snapshot.open(tmp_path / "again").digest == snapshot.digest


def test_csv_carries_the_dictionarys_labels(tmp_path: Path) -> None:
    out = tmp_path / "csv"
    seen: list[int] = []
    export.write(1_000, out, seed=5, format="csv", progress=lambda done, *_: seen.append(done))
    assert seen == list(range(1, 12))
    with (out / "persons.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    fields = dictionary.entity("person").fields
    assert list(rows[0]) == [field.zh for field in fields.values()]
    assert len(rows) == 1_000
    assert {row["性别"] for row in rows} == {"男", "女"}
    assert {row["寄宿"] for row in rows} <= {"是", "否", ""}
    labels = set(fields["relation"].zh_values)
    assert {row["与户主关系"] for row in rows} <= labels
    with (out / "households.csv").open(encoding="utf-8") as stream:
        homes = list(csv.DictReader(stream))
    causes = set(dictionary.entity("household").fields["cause_main"].zh_values)
    told = {cause for home in homes for cause in home["其他致贫原因"].split("、") if cause}
    assert told <= causes
    assert len(told) > 5


def test_a_workbook_has_both_sheets(tmp_path: Path) -> None:
    export.write(500, tmp_path / "x", seed=5, format="xlsx")
    book = load_workbook(tmp_path / "x" / "registry.xlsx", read_only=True)
    assert book.sheetnames == ["户信息", "人员信息"]
    sheet = book["人员信息"]
    rows = list(sheet.iter_rows(values_only=True))
    assert list(rows[0]) == [field.zh for field in dictionary.entity("person").fields.values()]
    assert len(rows) == 501


def test_refusals_leave_nothing(tmp_path: Path) -> None:
    for persons, kind, code in (
        (50_001, "xlsx", "demo.too_large_for_workbook"),
        (1_000, "pdf", "demo.format_unknown"),
        (10, "csv", "demo.too_small"),
    ):
        with pytest.raises(Problem) as caught:
            export.write(persons, tmp_path / "out", format=kind)
        assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_totals_meet_the_published_figures(tmp_path: Path) -> None:
    """At a fifth of the city, within a tenth of every figure (chance and rounding)."""
    summary = export.write(200_000, tmp_path / "s", seed=2)
    for line in summary.lines():
        assert abs(line.found - line.expected) <= 0.10 * line.expected, line
    assert {line.found for line in summary.lines() if line.zh == "贫困村"} == {684}


def test_memory_stays_bounded(tmp_path: Path) -> None:
    """One county at a time: the full city needs little more than a fifth of it, and less than
    half of the 1.5 GB it may take (what the allocator keeps varies with the machine's load)."""
    code = (
        "import pathlib, resource, sys\n"
        "from bangfu.demo import export\n"
        "export.write(200_000, pathlib.Path(sys.argv[1]))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "s")],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 1000  # a full city may take 1,500; 640 were measured


def test_every_calibration_number_has_its_source(shared: Path) -> None:
    """The figure stands in the catalogue under the id we cite, with the value we use."""
    known: dict[str, float] = {}
    for path in sorted((shared / "catalogue").glob("h*.yaml")):
        for figure in yaml.safe_load(path.read_text(encoding="utf-8"))["figures"]:
            if isinstance(figure.get("value"), int | float):
                unit = 10_000 if "万" in str(figure.get("unit")) else 1
                known[figure["id"]] = figure["value"] * unit
    assert "HC1-A-701" in known
    for name, spec in figures.load().items():
        if name in {"counties", "assumed", "defects"}:
            continue
        assert spec["source"], name
        if spec["source"] in known and not isinstance(spec["value"], float):
            assert round(known[spec["source"]]) == spec["value"], name


def test_the_command_prints_the_comparison(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bangfu.config.cli.main", "demo-data", "--persons", "600",
         "--out", str(tmp_path / "s")],
        capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "COLUMNS": "120"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "HC1-A-701" in run.stdout
    assert "684" in run.stdout
