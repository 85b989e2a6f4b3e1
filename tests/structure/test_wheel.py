"""The installed package is whole: policy packs, data, pages, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WANTED = (
    "bangfu/packs/hechi/pack.yaml",
    "bangfu/dictionary/registry.yaml",
    "bangfu/registry/data/hechi_divisions.csv",
    "bangfu/registry/data/hechi_counties.geojson",
    "bangfu/demo/figures.yaml",
    "bangfu/web/templates/base.html",
    "bangfu/web/locale/en/LC_MESSAGES/django.po",
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and unpacked as an installer would."""
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(next(out.glob("*.whl"))) as wheel:
        wheel.extractall(out / "site")
    return out / "site"


@pytest.mark.parametrize("name", WANTED)
def test_the_wheel_holds(installed: Path, name: str) -> None:
    assert (installed / name).is_file()


def test_the_wheel_names_what_it_needs(installed: Path) -> None:
    metadata = next(installed.glob("*.dist-info/METADATA")).read_text(encoding="utf-8")
    assert "Requires-Dist: django~=5.2.0" in metadata
    assert "pytest" not in metadata


def test_an_installed_program_finds_its_packs(installed: Path, tmp_path: Path) -> None:
    script = (
        "import bangfu, sys; from bangfu import policy;"
        "assert bangfu.__file__.startswith(sys.argv[1]), bangfu.__file__;"
        "print(policy.load_pack('hechi').id)"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, str(installed)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )
    assert told.stdout.strip() == "hechi", told.stderr
