"""Recognising headings: Chinese labels or dictionary names; anything else is refused with the
closest name. One sheet or CSV holds one entity, known by its key column."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from functools import cache

from bangfu.collect import problems
from bangfu.dictionary import Entity, Field, entity

ENTITIES = ("household", "person")
SHEETS = {"household": "户信息", "person": "人员信息"}
NOTES_SHEET = "说明"
ERROR_COLUMN = "错误"
# What offices write instead of the label; nothing here may be ambiguous.
ALIASES = {
    "household": {"户编码": "household_no", "村代码": "village_code", "村编码": "village_code"},
    "person": {
        "人编码": "person_no", "户编码": "household_no", "身份证号": "id_number",
        "身份证号码": "id_number", "证件号码": "id_number", "公民身份证号码": "id_number",
        "出生年月日": "birth_date", "父亲人编号": "father_no", "母亲人编号": "mother_no",
        "配偶人编号": "spouse_no",
    },
}  # fmt: skip
_WIDTH = str.maketrans("()（）[]【】／", "（）（）（）（）/")


def plain(header: str) -> str:
    """A heading as compared: no spaces, no required mark, one kind of brackets."""
    return re.sub(r"[\s*＊\u200b\ufeff]+", "", header).translate(_WIDTH)


@cache
def _names(entity_name: str) -> dict[str, str]:
    spec = entity(entity_name)
    names = {plain(f.zh): f.name for f in spec.fields.values()}
    names |= {plain(alias): name for alias, name in ALIASES[entity_name].items()}
    return names | {name: name for name in spec.fields}


def entity_of(headers: Sequence[str]) -> str | None:
    """Which entity these headings belong to, None when they belong to neither."""
    found = {plain(h) for h in headers}
    scores = {name: len(found & set(_names(name))) for name in ENTITIES}
    if _has_key("person", found):
        return "person"
    if _has_key("household", found) and scores["household"] >= scores["person"]:
        return "household"
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= 3 else None


def _has_key(entity_name: str, found: set[str]) -> bool:
    key = entity(entity_name).key
    return any(_names(entity_name).get(h) == key for h in found)


def columns(
    entity_name: str, where: str, headers: Sequence[str], filled: Sequence[bool]
) -> list[str]:
    """Dictionary name of each column, '' for those to skip. `filled`: whether it has values.

    Raises Problem (unknown, duplicate, blank heading, key column missing).
    """
    names, seen, result = _names(entity_name), dict[str, list[int]](), list[str]()
    for at, header in enumerate(headers, start=1):
        text = plain(header)
        if text == ERROR_COLUMN:
            result.append("")
            continue
        if not text:
            if filled[at - 1]:
                raise problems.BLANK_HEADER(name=where, column=at)
            result.append("")
            continue
        if text not in names:
            raise problems.UNKNOWN_HEADER(
                name=where, column=at, header=header.strip(), suggestion=_closest(entity_name, text)
            )
        seen.setdefault(names[text], []).append(at)
        result.append(names[text])
    for name, places in seen.items():
        if len(places) > 1:
            raise problems.DUPLICATE_HEADER(
                name=where, header=label(entity_name, name), columns="、".join(map(str, places))
            )
    _require_keys(entity_name, where, seen)
    return result


def _require_keys(entity_name: str, where: str, seen: dict[str, list[int]]) -> None:
    spec = entity(entity_name)
    if spec.key not in seen:
        raise problems.NO_KEY_COLUMN(name=where, column=spec.fields[spec.key].zh)


def _closest(entity_name: str, text: str) -> str:
    known = _names(entity_name)
    close = difflib.get_close_matches(text, list(known), n=1, cutoff=0.5)
    if not close:
        return ""
    return f"，是否应为“{label(entity_name, known[close[0]])}”？"


def label(entity_name: str, name: str) -> str:
    """Chinese heading of a field."""
    fields = entity(entity_name).fields
    return fields[name].zh if name in fields else name


def template_fields(spec: Entity) -> list[Field]:
    """Fields in the order of the template."""
    return list(spec.fields.values())
