"""JSON Schema of a pack's files, made from the very lists of keys and words that the loader checks
by: an editor completes what `policy check` accepts. Written by `bangfu policy schema`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bangfu import dictionary
from bangfu.policy import casefile, declared, loading, rulefile
from bangfu.policy.pack import KINDS, PERIODS, UNITS
from bangfu.policy.reader import CITE_KEYS

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Shape = dict[str, Any]
WORDS: Shape = {"type": ["string", "number"]}
TEXT: Shape = {"anyOf": [
    WORDS,
    {"type": "object", "properties": {"zh": WORDS, "en": WORDS}, "required": ["zh"],
     "additionalProperties": False},
]}  # fmt: skip
STRING: Shape = {"type": "string"}
DAY: Shape = {"type": "string", "format": "date", "description": "2016-01-31"}
FLAG: Shape = {"type": "boolean"}
EXPR: Shape = {"type": ["string", "number", "boolean"], "description": "表达式 / an expression"}
NAMES: Shape = {"type": "array", "items": STRING}
VALUE: Shape = {"anyOf": [{"type": ["string", "number", "boolean"]},
                          {"type": "array", "items": STRING, "minItems": 1}]}  # fmt: skip


def one_of(words: Iterable[str]) -> Shape:
    """One of some words."""
    return {"type": "string", "enum": list(words)}


def mapping(keys: Iterable[str], needs: Iterable[str], shapes: Mapping[str, Shape]) -> Shape:
    """A mapping with just these keys. Raises KeyError for a key whose shape nobody said."""
    return {
        "type": "object",
        "properties": {key: shapes[key] for key in keys},
        "required": list(needs),
        "additionalProperties": False,
    }


def listed(item: Shape) -> Shape:
    """A list of one shape."""
    return {"type": "array", "items": item}


_CITE = mapping(CITE_KEYS, (), {
    "document": STRING, "section": {"type": ["string", "number"]}, "line": {"type": "integer"},
    "source": STRING,
})  # fmt: skip
# Every key of every file. A key of the loader that is not here stops the making of the schema.
_SHAPES: dict[str, Shape] = {
    "id": STRING, "title": TEXT, "jurisdiction": STRING, "from": DAY, "to": DAY,
    "extends": STRING, "note": TEXT, "number": TEXT, "issued": DAY, "source": STRING,
    "zh": {"type": ["string", "number"]}, "en": {"type": ["string", "number"]},
    "unit": one_of(UNITS), "period": one_of(PERIODS), "cite": _CITE, "to_be_set": FLAG,
    "value": VALUE, "region": STRING, "expr": EXPR, "interpretation": TEXT, "rule": STRING,
    "county_kind": one_of(dictionary.entity("county").fields["county_kind"].codes),
    "document": STRING, "department": TEXT, "programme": STRING, "kind": one_of(KINDS),
    "components": NAMES, "supersedes": NAMES, "deadline": TEXT, "measure": TEXT,
    "target": {"type": ["string", "number"]}, "reported_to": TEXT, "in_kind": FLAG,
    "amount": EXPR, "rules": NAMES, "per": one_of(dictionary.ENTITIES),
    "of": one_of(declared.SOURCES), "most": {"type": "integer", "minimum": 1}, "cap": STRING,
    "basis": one_of(declared.BASES), "nature": one_of(declared.NATURES), "treatment": TEXT,
    "switch": STRING,
}  # fmt: skip


def _with(**more: Shape) -> dict[str, Shape]:
    return {**_SHAPES, **more}


def _pack() -> Shape:
    paper = mapping(loading.DOCUMENT_KEYS, loading.DOCUMENT_NEEDS, _SHAPES)
    documents: Shape = {"type": "object", "additionalProperties": paper}
    return mapping(loading.PACK_KEYS, loading.PACK_NEEDS, _with(documents=documents))


def _parameters() -> Shape:
    value = mapping(loading.VALUE_KEYS, loading.VALUE_NEEDS, _SHAPES)
    one = mapping(loading.PARAMETER_KEYS, loading.PARAMETER_NEEDS, _with(values=listed(value)))
    return {"type": ["object", "null"], "propertyNames": {"pattern": rulefile.NAME.pattern},
            "additionalProperties": one}  # fmt: skip


def _variables() -> Shape:
    formula = mapping(loading.FORMULA_KEYS, loading.FORMULA_NEEDS, _SHAPES)
    one = mapping(loading.VARIABLE_KEYS, loading.VARIABLE_NEEDS, _with(versions=listed(formula)))
    group = {"type": ["object", "null"], "additionalProperties": one}
    return {"type": ["object", "null"], "properties": dict.fromkeys(dictionary.ENTITIES, group),
            "additionalProperties": False}  # fmt: skip


def _programme() -> Shape:
    condition = mapping(rulefile.CONDITION_KEYS, rulefile.CONDITION_NEEDS, _SHAPES)
    version = mapping(rulefile.VERSION_KEYS, rulefile.VERSION_NEEDS, _with(when=listed(condition)))
    entity: Shape = {"type": "string", "description": "、".join(dictionary.ENTITIES)}
    rule = mapping(rulefile.RULE_KEYS, rulefile.RULE_NEEDS,
                   _with(versions=listed(version), entity=entity))  # fmt: skip
    duty = {"properties": {"kind": {"const": "duty"}}}
    rule["if"], rule["then"] = duty, {"required": list(rulefile.DUTY_NEEDS)}
    rule["else"] = {"required": ["versions"], "properties": {"entity": one_of(dictionary.ENTITIES)}}
    heading = mapping(loading.HEADING_KEYS, loading.HEADING_NEEDS, _SHAPES)
    whole = mapping(loading.PROGRAMME_KEYS, loading.PROGRAMME_NEEDS,
                    _with(programme=heading, rules=listed(rule)))  # fmt: skip
    return {"anyOf": [whole, listed(rule)]}


def _overlaps() -> Shape:
    kinds = one_of(declared.OVERLAP_KINDS)
    return listed(mapping(declared.OVERLAP_KEYS, declared.OVERLAP_NEEDS, _with(kind=kinds)))


def _contradictions() -> Shape:
    cite = mapping(declared.SAYING_CITE_KEYS, declared.SAYING_CITE_NEEDS,
                   {**_CITE["properties"], "pack": STRING})  # fmt: skip
    saying = mapping(declared.SAYING_KEYS, declared.SAYING_NEEDS, _with(cite=cite, says=TEXT))
    says = {**listed(saying), "minItems": 2}
    return listed(
        mapping(declared.CONTRADICTION_KEYS, declared.CONTRADICTION_NEEDS, _with(says=says))
    )


def _cases() -> Shape:
    def record(entity: str, *more: str) -> Shape:
        shapes: dict[str, Shape] = {
            name: one_of(field.codes) if field.type == "code" and field.codes else {}
            for name, field in dictionary.entity(entity).fields.items() if not field.pii
        }  # fmt: skip
        for name in ("father_no", "mother_no", "spouse_no", *more):
            shapes[name] = {"type": ["string", "integer"]}
        return {"type": ["object", "null"], "properties": {
            k: {"anyOf": [v, {"type": "null"}]} if v else {} for k, v in shapes.items()
        }, "additionalProperties": False}  # fmt: skip

    answer: Shape = {"type": ["boolean", "number", "string"]}
    shapes: dict[str, Shape] = {
        "case": {"type": ["string", "number"]}, "pack": STRING, "as_of": DAY,
        "household": record("household"), "members": listed(record("person", "ref")),
        "village": record("village"), "county": record("county"), "note": TEXT,
        "parameters": {"type": "object", "additionalProperties": VALUE},
        "expect": {"type": "object", "additionalProperties": answer},
    }  # fmt: skip
    others: Shape = {"type": ["object", "array", "null"]}
    return listed(mapping(casefile.CASE_KEYS, ("case", "pack", "as_of", "expect"),
                          {**dict.fromkeys(casefile.CASE_KEYS, others), **shapes}))  # fmt: skip


def schemas() -> dict[str, Shape]:
    """Schema by the name of its file: `pack` for pack.yaml, `programme` for programmes/*.yaml …"""
    made = {
        "pack": _pack(), "parameters": _parameters(), "variables": _variables(),
        "programme": _programme(), "overlaps": _overlaps(), "contradictions": _contradictions(),
        "case": _cases(),
    }  # fmt: skip
    return {
        name: {"$schema": DRAFT, "title": f"bangfu {name}", **shape} for name, shape in made.items()
    }


def schema_of(file: Path) -> str:
    """Which schema a file of a pack follows; '' for one that has none."""
    folders = {"programmes": "programme", "cases": "case"}
    if file.parent.name in folders:
        return folders[file.parent.name]
    known = ("pack", "parameters", "variables", "overlaps", "contradictions")
    return file.stem if file.suffix == ".yaml" and file.stem in known else ""


def write(out: Path) -> list[Path]:
    """Write `NAME.schema.json` for each into a folder; the files."""
    out.mkdir(parents=True, exist_ok=True)
    found = []
    for name, shape in schemas().items():
        file = out / f"{name}.schema.json"
        file.write_text(json.dumps(shape, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        found.append(file)
    return found
