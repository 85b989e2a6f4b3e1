"""The JSON Schema is the loader's own shape: every shipped file follows it, mistakes do not."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from bangfu.policy import schema
from bangfu.policy.source import read

ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "packs"


def plain(value: Any) -> Any:
    """A YAML value as JSON has it."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


VALID = {name: jsonschema_rs.validator_for(shape) for name, shape in schema.schemas().items()}


def test_every_shipped_file_follows_its_schema() -> None:
    checked, wrong = 0, []
    for file in sorted(PACKS.glob("*/**/*.yaml")):
        if name := schema.schema_of(file):
            checked += 1
            for error in VALID[name].iter_errors(plain(read(file).plain())):
                wrong.append(
                    f"{file.relative_to(PACKS)} {error.instance_path}: {error.message[:200]}"
                )
    assert not wrong
    assert checked > 100


def test_the_committed_schemas_are_the_loaders_shape() -> None:
    """`bangfu policy schema --out packs/schema` writes them anew."""
    for name, shape in schema.schemas().items():
        file = PACKS / "schema" / f"{name}.schema.json"
        assert json.loads(file.read_text(encoding="utf-8")) == json.loads(json.dumps(shape)), name


def test_every_shipped_file_names_its_schema() -> None:
    """Editors complete by the first line."""
    silent = []
    for file in sorted(PACKS.glob("*/**/*.yaml")):
        if name := schema.schema_of(file):
            head = file.read_text(encoding="utf-8").splitlines()[0]
            path = head.removeprefix("# yaml-language-server: $schema=")
            if path == head or (file.parent / path).resolve() != (
                PACKS / "schema" / f"{name}.schema.json"
            ):
                silent.append(str(file.relative_to(PACKS)))
    assert not silent


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pack", {"id": "x", "title": "甲", "jurisdiction": "4512"}),
        ("parameters", {"a": {"zh": "甲", "unit": "furlong", "values": []}}),
        ("parameters", {"A": {"zh": "甲", "unit": "yuan", "values": []}}),
        ("variables", {"house": {}}),
        ("programme", [{"id": "A", "title": "甲", "kind": "duty", "entity": "county", "cite": {}}]),
        ("programme", [{"id": "A", "title": "甲", "kind": "alert", "entity": "county", "cite": {}}]),
        ("programme", [{"id": "A", "titel": "甲"}]),
        ("overlaps", [{"id": "A", "title": "甲", "kind": "either", "per": "person", "rules": []}]),
        ("contradictions", [{"id": "A", "title": "甲", "nature": "date", "says": [], "treatment": ""}]),
        ("case", [{"case": "a", "pack": "x", "as_of": "2016-12-31", "expect": {}, "houshold": {}}]),
        ("case", [{"case": "a", "pack": "x", "as_of": "2016-12-31", "expect": {},
                   "household": {"status": "registerd"}}]),
    ],
)  # fmt: skip
def test_a_mistake_is_seen_by_the_editor(name: str, value: Any) -> None:
    assert list(VALID[name].iter_errors(value))
