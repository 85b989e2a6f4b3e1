"""The rule list (`rules.yaml`) as typed objects; the one place that turns a code into words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from bangfu.dictionary import Field, entity

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Rule:
    """One check. `fault` is set for row rules: a condition that is true where it is broken."""

    code: str
    level: Level
    zh: str
    do_zh: str
    entity: str = ""
    field: str = ""
    fault: str = ""


@cache
def _raw() -> dict[str, Any]:
    text = files("bangfu.collect").joinpath("rules.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


@cache
def row_rules(entity_name: str) -> tuple[Rule, ...]:
    """Rules over one row of an entity. Raises ValueError for a field that does not exist."""
    fields = entity(entity_name).fields
    made = []
    for line in _raw()["rows"][entity_name]:
        if line["field"] not in fields:
            raise ValueError(f"{line['code']}: no field {line['field']}")
        made.append(
            Rule(line["code"], line.get("level", "error"), line["zh"], line["do"],
                 entity_name, line["field"], line["fault"])
        )  # fmt: skip
    return tuple(made)


@cache
def every() -> dict[str, Rule]:
    """All rules by code. Raises ValueError when a code stands twice."""
    found: dict[str, Rule] = {}
    plain = [
        Rule(code, line.get("level", "error"), line["zh"], line["do"])
        for part in ("cells", "across")
        for code, line in _raw()[part].items()
    ]
    for rule in [*plain, *row_rules("household"), *row_rules("person")]:
        if rule.code in found:
            raise ValueError(f"import rule {rule.code} stands twice")
        found[rule.code] = rule
    return found


def limits(field: Field) -> tuple[float, float] | None:
    """Smallest and largest believable value of a number, None where there is no limit."""
    pair = _raw()["ranges"].get(field.entity, {}).get(field.name)
    return (pair[0], pair[1]) if pair else None


def expected(field: Field) -> str:
    """What a cell of `field` may hold, in Chinese."""
    if field.type in ("code", "codes"):
        text = "、".join(field.zh_values or field.codes)
        return text + "（可多项，用顿号分隔）" if field.type == "codes" else text
    if pair := limits(field):
        return f"{pair[0]:,} 至 {pair[1]:,}"
    kinds = {"bool": "是、否", "date": "日期", "int": "整数", "decimal": "数字，最多两位小数"}
    return kinds.get(field.type, "文字")


def message(code: str, entity_name: str, field_name: str, note: str = "") -> str:
    """What is wrong, for people: '应为：一般贫困户、…'."""
    rule = every()[code]
    spec = entity(entity_name).fields.get(field_name)
    return rule.zh.replace("{expected}", expected(spec) if spec else "").replace("{note}", note)


def advice(code: str) -> str:
    """What to do about it."""
    return every()[code].do_zh


def as_rows() -> list[tuple[str, str, str, str, str]]:
    """(code, level, applies to, what, what to do) of every rule, for the reference page."""
    rows = []
    for rule in every().values():
        where = ""
        if rule.field:
            spec = entity(rule.entity).fields[rule.field]
            where = spec.zh
        rows.append(
            (rule.code, "错误" if rule.level == "error" else "提醒", where, rule.zh, rule.do_zh)
        )
    return rows


def as_markdown() -> str:
    """The table of rules for docs/import.md (`python -m bangfu.collect.rules`)."""
    head = "| code | level | field | what | what to do |\n| --- | --- | --- | --- | --- |\n"
    return head + "".join(
        f"| `{c}` | {lv} | {w or '—'} | {zh} | {do} |\n" for c, lv, w, zh, do in as_rows()
    )


if __name__ == "__main__":
    import sys

    sys.stdout.write(as_markdown())
