"""Arrow schemas of the snapshot tables, read from the data dictionary.

Called by the writer, and by whoever builds tables for it (registry, demo). A field is
never typed here: the dictionary says what it is.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

from bangfu import dictionary

if TYPE_CHECKING:
    import pyarrow as pa

ENTITIES = dictionary.ENTITIES


@cache
def arrow_schema(entity: str) -> pa.Schema:
    """Schema of one snapshot table. Raises KeyError for an unknown entity."""
    import pyarrow as pa  # not when reading a manifest: it brings NumPy

    kinds = {
        "str": pa.string(),
        "int": pa.int32(),
        "decimal": pa.decimal128(18, 2),
        "bool": pa.bool_(),
        "date": pa.date32(),
        "code": pa.string(),
        "codes": pa.list_(pa.string()),
    }
    fields = dictionary.snapshot_columns(entity)
    return pa.schema([pa.field(field.name, kinds[field.type]) for field in fields])


@cache
def dictionary_hash() -> str:
    """sha256 of the snapshot columns and types: changes when the dictionary changes them."""
    lines = [
        f"{entity}.{field.name} {field.duckdb_type} {','.join(field.codes)}"
        for entity in ENTITIES
        for field in dictionary.snapshot_columns(entity)
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
