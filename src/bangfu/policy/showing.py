"""Values as people read them: labels of fields, words for codes, units."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from bangfu import dictionary
from bangfu.kernel import money
from bangfu.policy import ir
from bangfu.policy.pack import UNITS, Cite, Pack

HOP_ZH = {"father": "父亲", "mother": "母亲", "spouse": "配偶"}
ENTITY_ZH = {"person": "成员", "household": "户", "village": "村", "county": "县",
             "township": "乡镇", "loan": "贷款", "enterprise": "企业", "cooperative": "合作社",
             "project": "项目"}  # fmt: skip
NOT_RECORDED = "未登记"
WITHHELD = "不在辖区内，不予显示"


def show(value: Any, spec: dictionary.Field | None = None, unit: str = "") -> str:
    """A value in words."""
    if value is None:
        return NOT_RECORDED
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list | tuple):
        return "、".join(spec.label_of(str(v)) if spec else str(v) for v in value) or "无"
    if isinstance(value, Decimal | int):
        return money.show(value) + UNITS.get(unit, ("", ""))[0]
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return spec.label_of(str(value)) if spec else str(value)


def label(pack: Pack, node: ir.Node) -> tuple[str, str, dictionary.Field | None, str]:
    """(field, Chinese label, dictionary field, unit) of a value an expression reads."""
    match node:
        case ir.Col(hop, entity, name):
            spec = dictionary.entity(entity).fields[name]
            return f"{entity}.{name}", HOP_ZH.get(hop, "") + spec.zh, spec, ""
        case ir.Var(hop, entity, name):
            variable = pack.variables.get((entity, name))
            if variable is not None:
                zh = HOP_ZH.get(hop, "") + variable.title.zh
                return f"{entity}.{name}", zh, None, variable.unit
            rule = pack.rules[name.removesuffix("?")]
            return rule.id, rule.title.zh, None, ""
        case ir.Call("years", (ir.Col() as born, *_)):
            return "person.age", HOP_ZH.get(born.hop, "") + "周岁年龄", None, "years"
        case ir.Call("years"):
            return "years", "满年数", None, "years"
        case ir.Agg(kind, child, where, value):
            return _aggregate(pack, kind, child, where, value)
        case _:
            return "", "", None, ""


def _aggregate(
    pack: Pack, kind: str, child: str, where: ir.Node, value: ir.Node | None
) -> tuple[str, str, dictionary.Field | None, str]:
    who = ENTITY_ZH[child]
    if value is not None:
        field, zh, _, unit = label(pack, value)
        words = {"sum": "合计", "min": "最小", "max": "最大"}[kind]
        return field, f"{who}{zh}{words}", None, unit
    if kind == "count":
        some = "" if where == ir.TRUE else "符合条件的"
        unit = {"person": "persons", "household": "households", "village": "villages"}.get(
            child, ""
        )
        return f"{child}.{dictionary.KEYS[child]}", f"{some}{who}数", None, unit
    return f"{child}.*", f"{'有' if kind == 'any' else '每个'}{who}符合", None, ""


def citation(pack: Pack, cite: Cite) -> dict[str, Any]:
    """A citation with the document's title and number."""
    document = pack.documents.get(cite.document)
    return {
        "document": cite.document, "title": document.title if document else cite.source,
        "number": document.number if document else "", "section": cite.section,
        "line": cite.line,
    }  # fmt: skip
