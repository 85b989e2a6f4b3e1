"""The data dictionary (`registry.yaml`) as typed objects: fields, units, codes, labels, pii.

Everything that names a field reads it here: tables, import templates, snapshots,
rule expressions, forms. No Django.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

FieldType = Literal["str", "int", "decimal", "bool", "date", "code", "codes"]
# The first four are in every registry and snapshot; the others where somebody keeps them.
BASIC = ("household", "person", "village", "county")
OTHERS = ("township", "loan", "enterprise", "cooperative", "project")
ENTITIES = (*BASIC, *OTHERS)
KEYS = MappingProxyType(
    {
        "household": "household_no",
        "person": "person_no",
        "village": "village_code",
        "county": "county_code",
        "township": "township_code",
        "loan": "loan_no",
        "enterprise": "enterprise_no",
        "cooperative": "cooperative_no",
        "project": "project_no",
    }
)
# What a row belongs to: parent entity -> own column with the parent's key.
LINKS: MappingProxyType[str, MappingProxyType[str, str]] = MappingProxyType(
    {
        "person": MappingProxyType({"household": "household_no"}),
        "loan": MappingProxyType(
            {
                "household": "household_no",
                "enterprise": "enterprise_no",
                "cooperative": "cooperative_no",
            }
        ),
    }
)
# Divisions above one another, and the column from which each entity's are read: a
# 12-digit village code begins with its township's 9 digits and its county's 6.
PLACES = ("village", "township", "county")
PLACE_COLUMN = MappingProxyType(
    {
        "household": "village_code",
        "village": "village_code",
        "township": "township_code",
        "county": "county_code",
        "loan": "region_code",
        "enterprise": "region_code",
        "cooperative": "region_code",
        "project": "region_code",
    }
)
_DUCKDB = {
    "str": "VARCHAR",
    "int": "INTEGER",
    "decimal": "DECIMAL(18,2)",
    "bool": "BOOLEAN",
    "date": "DATE",
    "code": "VARCHAR",
    "codes": "VARCHAR[]",
}


@dataclass(frozen=True)
class Field:
    """One field of one entity. `codes` are the stored values, `zh_values` what people see;
    `extra` = on no paper form: single policies ask it, nobody is expected to have it."""

    entity: str
    name: str
    zh: str
    type: FieldType
    codes: tuple[str, ...] = ()
    zh_values: tuple[str, ...] = ()
    annual: bool = False
    pii: bool = False
    note: str = ""
    extra: bool = False

    @property
    def en(self) -> str:
        """English label, from the name."""
        return self.name.replace("_", " ").capitalize()

    @property
    def duckdb_type(self) -> str:
        """Column type in a snapshot."""
        return _DUCKDB[self.type]

    def label_of(self, code: str | None) -> str:
        """Chinese label of a stored code; the code itself where the dictionary gives none."""
        if code is None:
            return ""
        if code in self.codes and self.zh_values:
            return self.zh_values[self.codes.index(code)]
        return code

    def code_of(self, label: str) -> str | None:
        """Stored code for a Chinese label or a code, None when it is neither."""
        if label in self.codes:
            return label
        return self.codes[self.zh_values.index(label)] if label in self.zh_values else None


@dataclass(frozen=True)
class Entity:
    """One kind of record: its key and its fields in dictionary order."""

    name: str
    key: str
    fields: MappingProxyType[str, Field]

    def select(self, *, annual: bool | None = None, pii: bool | None = None) -> list[Field]:
        """Fields filtered by `annual` and `pii` (None = either)."""
        return [
            f
            for f in self.fields.values()
            if (annual is None or f.annual == annual) and (pii is None or f.pii == pii)
        ]


def _field(entity: str, name: str, spec: dict[str, Any], all_specs: dict[str, Any]) -> Field:
    kind: Any = spec["type"]
    codes: tuple[str, ...] = ()
    zh_values = tuple(spec.get("zh_values", ()))
    if isinstance(kind, list):
        kind, codes = "code", tuple(str(c) for c in kind)
    elif isinstance(kind, dict):
        kind, codes = "codes", tuple(str(c) for c in kind["list"])
    elif kind.startswith("list of "):
        source = all_specs[kind.removeprefix("list of ")]
        kind, codes = "codes", tuple(source["type"])
        zh_values = tuple(source.get("zh_values", ()))
    if zh_values and len(zh_values) != len(codes):
        raise ValueError(f"{entity}.{name}: {len(codes)} codes but {len(zh_values)} labels")
    return Field(
        entity, name, spec["zh"], kind, codes, zh_values,
        bool(spec.get("annual")), bool(spec.get("pii")), spec.get("note", ""),
        bool(spec.get("extra")),
    )  # fmt: skip


@cache
def load() -> MappingProxyType[str, Entity]:
    """The entities by name. Raises ValueError when the file contradicts itself."""
    text = files(__package__).joinpath("registry.yaml").read_text(encoding="utf-8")
    import yaml

    loader = getattr(
        yaml, "CSafeLoader", yaml.SafeLoader
    )  # in C where it is built: ten times faster
    raw = yaml.load(text, loader)  # noqa: S506 - both loaders are safe ones
    return MappingProxyType(
        {
            name: Entity(
                name,
                KEYS[name],
                MappingProxyType({f: _field(name, f, s, raw[name]) for f, s in raw[name].items()}),
            )
            for name in ENTITIES
        }
    )


def entity(name: str) -> Entity:
    """One entity. Raises KeyError for an unknown name."""
    return load()[name]


def snapshot_columns(name: str) -> list[Field]:
    """Columns of a snapshot table: every field that is not personal data, in dictionary order."""
    return entity(name).select(pii=False)


def places(name: str) -> tuple[str, ...]:
    """Divisions that rows of an entity lie in by their own column: a village lies in itself,
    its township and its county; a person only through the household."""
    if name not in PLACE_COLUMN:
        return ()
    return PLACES[PLACES.index(name) :] if name in PLACES else PLACES
