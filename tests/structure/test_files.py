"""What may be in the repository: small readable files, locks without addresses."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 400
TOO_LONG_ALLOWED: set[str] = set()  # keep it empty
_SOURCES = {".py", ".ts", ".mjs", ".html", ".css"}


def _tracked() -> list[Path]:
    told = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if told.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in told.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_source_file_is_too_long_to_read() -> None:
    long = {
        f"{p.relative_to(ROOT)}: {lines}"
        for p in _tracked()
        if p.suffix in _SOURCES
        and (lines := len(p.read_text(encoding="utf-8").splitlines())) > LONGEST
        and str(p.relative_to(ROOT)) not in TOO_LONG_ALLOWED
    }
    assert not long


def test_every_python_module_opens_by_saying_what_it_is() -> None:
    silent = [
        str(p.relative_to(ROOT))
        for p in _tracked()
        if p.suffix == ".py"
        and "migrations" not in p.parts
        and (text := p.read_text(encoding="utf-8")).strip()
        and not text.lstrip().startswith(('"""', 'r"""'))
    ]
    assert not silent


def test_no_minified_file_is_tracked() -> None:
    found = [
        str(p.relative_to(ROOT))
        for p in _tracked()
        if p.suffix in {".js", ".mjs", ".css", ".ts"}
        and (
            ".min." in p.name
            or any(len(line) > 1000 for line in p.read_text(encoding="utf-8").splitlines())
        )
    ]
    assert not found


@pytest.mark.parametrize("name", ["base", "dev"])
def test_python_locks_pin_with_hashes_and_name_no_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index-url|--find-links|file:", text)
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.split("\n", 2)[2])
    for block in blocks:
        first = block.splitlines()[0]
        assert "==" in first, first
        assert "--hash=sha256:" in block, first


def test_the_base_lock_is_part_of_the_dev_lock() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
        return set(re.findall(r"^([\w.\[\],-]+==[^\s;\\]+)", text, re.MULTILINE))

    assert pins("base") <= pins("dev")


def test_the_front_end_lock_has_hashes_and_names_no_address() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    for name, package in lock["packages"].items():
        if name:
            assert "resolved" not in package, name
            assert package["integrity"].startswith("sha512-"), name


def test_translations_are_compiled_at_set_up_not_committed() -> None:
    assert not [p for p in _tracked() if p.suffix == ".mo"]
