"""Tables as people write them: Chinese headers, labels for codes, 是/否; for CSV and workbooks."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from bangfu.dictionary import Field, entity

YES, NO = "是", "否"
SEPARATOR = "、"


def labelled(name: str, table: pa.Table) -> pa.Table:
    """`table` of entity `name` as text columns under the dictionary's Chinese labels."""
    fields = list(entity(name).fields.values())
    return pa.table({field.zh: _text(field, table[field.name]) for field in fields})


def _text(field: Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
    if field.type == "bool":
        return pc.if_else(column, YES, NO)
    if field.type == "code" and field.zh_values:
        return _zh(field, column)
    if field.type == "codes":
        return pc.binary_join(_zh_lists(field, column), SEPARATOR)
    return column.cast(pa.string())


def _zh(field: Field, column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    place = pc.index_in(column, pa.array(field.codes))
    return pa.array(field.zh_values or field.codes).take(place)


def _zh_lists(field: Field, column: pa.ChunkedArray) -> pa.Array:
    lists = column.combine_chunks()
    if isinstance(lists, pa.ChunkedArray):
        lists = pa.concat_arrays(lists.chunks)
    return pa.ListArray.from_arrays(lists.offsets, _zh(field, lists.values))
