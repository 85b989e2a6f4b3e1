"""The data dictionary: what everything else takes names, types and codes from."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bangfu import dictionary

ALL = [f for e in dictionary.load().values() for f in e.fields.values()]


def test_the_file_is_the_design_s(shared: Path) -> None:
    theirs = yaml.safe_load((shared / "design" / "registry.yaml").read_text(encoding="utf-8"))
    for name, fields in theirs.items():
        for field, spec in fields.items():
            ours = dictionary.entity(name).fields[field]
            assert ours.zh == spec["zh"], field
            assert ours.annual == bool(spec.get("annual")), field
            assert ours.pii == bool(spec.get("pii")), field


@pytest.mark.parametrize("field", [f for f in ALL if f.codes], ids=lambda f: f"{f.entity}.{f.name}")
def test_codes_and_labels_go_both_ways(field: dictionary.Field) -> None:
    for code in field.codes:
        label = field.label_of(code)
        assert label
        assert field.code_of(label) == code
        assert field.code_of(code) == code
    assert field.code_of("no such label") is None
    assert field.label_of(None) == ""


def test_keys_are_fields_and_personal_data_never_reaches_a_snapshot() -> None:
    for name, entity in dictionary.load().items():
        assert entity.key in entity.fields
        assert entity.key in [f.name for f in dictionary.snapshot_columns(name)]
        assert not [f for f in dictionary.snapshot_columns(name) if f.pii]
    assert {f.name for f in ALL if f.pii} == {"phone", "bank_account", "name", "id_number"}


def test_money_is_exact_and_lists_are_lists() -> None:
    kinds = {f.type: f.duckdb_type for f in ALL}
    assert kinds["decimal"] == "DECIMAL(18,2)"
    assert kinds["codes"] == "VARCHAR[]"


def test_headings_are_told_apart() -> None:
    """Imports know a column by its label."""
    for entity in dictionary.load().values():
        labels = [f.zh for f in entity.fields.values()]
        assert len(labels) == len(set(labels)), entity.name


def test_what_single_policies_ask_comes_last() -> None:
    """So that the paper form's columns keep their places in a template."""
    for entity in dictionary.load().values():
        extra = [f.extra for f in entity.fields.values()]
        assert extra == sorted(extra), entity.name
        assert entity.fields[entity.key].extra is False


def test_a_field_of_several_codes_may_name_them_itself() -> None:
    field = dictionary.entity("project").fields["systems"]
    assert field.type == "codes"
    assert field.label_of("tendering") == "招投标制"


def test_every_row_says_where_it_lies() -> None:
    for name, entity in dictionary.load().items():
        if name != "person":
            assert dictionary.PLACE_COLUMN[name] in entity.fields, name
        for parent, own in dictionary.LINKS.get(name, {}).items():
            assert own in entity.fields
            assert dictionary.KEYS[parent] in dictionary.entity(parent).fields
    assert dictionary.places("person") == ()
    assert dictionary.places("township") == ("township", "county")


def test_an_unknown_entity_is_an_error() -> None:
    with pytest.raises(KeyError):
        dictionary.entity("hamlet")
