"""What the numbers of a simulation are called, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bangfu.dictionary import entity
from bangfu.dictionary.nations import name_of

WITHHELD = "*"
_WORDS: dict[str, tuple[str, str]] = {
    "place": ("地区", "Place"), "item": ("项目", "Item"), "before": ("现行", "Before"),
    "after": ("模拟后", "After"), "change": ("变化", "Change"), "whole": ("合计", "All"),
    "households": ("总户数", "Households"), "persons": ("总人数", "Persons"),
    "covered_households": ("享受政策户数", "Households covered"),
    "covered_persons": ("享受政策人数", "Persons covered"),
    "paid_households": ("享受现金补助户数", "Households paid"),
    "cost": ("年度资金（元）", "Cost a year (yuan)"),
    "gain_households": ("受益户数", "Households gaining"),
    "gain_persons": ("受益户人数", "Persons in them"),
    "gain_amount": ("增加金额（元）", "Gained (yuan)"),
    "lose_households": ("减少户数", "Households losing"),
    "lose_persons": ("减少户人数", "Persons in them (losing)"),
    "lose_amount": ("减少金额（元）", "Lost (yuan)"),
    "county": ("县（市、区）", "County"), "ethnicity": ("户主民族", "Head's ethnicity"),
    "category": ("贫困户属性", "Household type"),
    "poverty_grade": ("贫困程度", "Poverty grade"),
    "assessed": ("认定对象（户）", "Households assessed"),
    "ready": ("达到脱贫标准（户）", "Ready for exit"),
    "not_ready": ("未达标（户）", "Not ready"), "undecided": ("待定（户）", "Undecided"),
    "poor": ("收入低于标准人数", "Persons below the line"),
    "income_persons": ("收入已知人数", "Persons with known income"),
    "headcount": ("贫困发生率", "Headcount ratio"), "gap": ("贫困深度（P1）", "Poverty gap (P1)"),
    "squared_gap": ("贫困强度（P2）", "Squared gap (P2)"), "gini": ("基尼系数", "Gini"),
    "mean": ("人均纯收入（元）", "Mean income (yuan)"),
    "public": ("村、县项目年度资金（元）", "Cost of villages and counties (yuan)"),
    "rule": ("规则", "Rule"), "title": ("名称", "Title"), "kind": ("类别", "Kind"),
    "unit": ("单位", "Unit"), "positive": ("符合数", "Met or entitled"),
    "amount": ("金额", "Amount"), "band": ("每户每年变化", "Change a household and year"),
    "unknown": ("未登记", "Not recorded"),
    "name": ("参数或规则", "Parameter or rule"), "old": ("原值", "From"), "new": ("新值", "To"),
    "set": ("改参数", "Set"), "off": ("停用规则", "Switched off"), "on": ("启用规则", "Switched on"),
    "entitlement": ("享受", "Entitlement"), "criterion": ("标准", "Criterion"),
    "limit": ("限额", "Limit"), "alert": ("预警", "Alert"), "in_kind": ("实物或服务", "In kind"),
}  # fmt: skip
_BANDS: dict[str, tuple[str, str]] = {
    "no_income": ("收入未知或不为正", "income unknown or not positive"),
}
TITLES: dict[str, tuple[str, str]] = {
    "changes": ("模拟的改动", "What is changed"),
    "summary": ("总体变化", "Before and after"),
    "by_county": ("分县（市、区）", "By county"),
    "by_ethnicity": ("按户主民族", "By the head's ethnicity"),
    "by_category": ("按贫困户属性", "By household type"),
    "by_poverty_grade": ("按贫困程度", "By poverty grade"),
    "ready": ("脱贫退出认定", "Readiness for exit"),
    "poverty": ("贫困与收入分配", "Poverty and inequality"),
    "bands_yuan": ("受益与受损的分布（金额）", "Gains and losses by amount"),
    "bands_percent": ("受益与受损的分布（占家庭纯收入）", "Gains and losses by share of income"),
    "rules": ("各项政策", "Rule by rule"),
    "cross": ("县×民族×属性×贫困程度", "County by ethnicity by type by grade"),
}
NOTES: dict[str, tuple[str, str]] = {
    "withheld": (
        "* 少于 {threshold} 户的数据不公布；为防止由合计推算，另有部分数据一并不公布。",
        (
            "* Counts of fewer than {threshold} are withheld, and others with them so that no total"
            " gives them away."
        ),
    ),
    "cost": (
        (
            "年度资金按每年、每学期×2、每月×12、一次性折算；按天计发的补助无法预知天数，未计入。"
            "户主民族、属性和贫困程度按户分组。"
        ),
        (
            "Cost a year: yearly amounts, semesters × 2, months × 12, single payments once; what is"
            " paid by the day is left out. Groups are of households, by their head."
        ),
    ),
    "poverty": (
        (
            "按人加权：每人取其家庭人均纯收入；低于标准为贫困；负收入在深度、强度和基尼系数中按零计。"
            "模拟后的收入＝登记收入＋按年、学期、月发放的补助变化÷家庭人口，不计一次性补助，"
            "不考虑行为变化。"
        ),
        (
            "Person-weighted: everyone has the income per head of the household; below the line is"
            " poor; incomes below zero count as zero in P1, P2 and the Gini. Income after = recorded"
            " income + the change in recurring cash ÷ members; single payments and changes of"
            " behaviour are left out."
        ),
    ),
    "lacking": (
        "快照缺少字段 {missing}，依赖它们的政策待定，未计入。",
        "The snapshot lacks {missing}: what depends on them is undecided and not counted.",
    ),
    "full": ("假定符合条件者全部享受。", "Everyone entitled is taken to receive."),
}


def say(word: str, lang: str = "zh") -> str:
    """A heading; the word itself where there is none."""
    return _WORDS.get(word, (word, word))[lang == "en"]


def title(table: str, lang: str = "zh") -> str:
    """Title of a table."""
    return TITLES.get(table, (table, table))[lang == "en"]


def note(name: str, lang: str = "zh", **details: Any) -> str:
    """A note below a table."""
    return NOTES[name][lang == "en"].format(**details)


def value(dimension: str, code: str, names: Mapping[str, str], lang: str = "zh") -> str:
    """Name of a group: of a county, a nationality, a household type, a poverty grade."""
    if not code:
        return say("unknown", lang)
    if dimension == "county":
        return names.get(code, code)
    if dimension == "ethnicity":
        return name_of(code)
    if lang == "en":
        return code.replace("_", " ").capitalize()
    return entity("household").fields[dimension].label_of(code)


def band(scale: str, name: str, before: str | None, lang: str = "zh") -> str:
    """'100—500 元', '5%—10%'; `before` is the band below, None for the first."""
    if name in _BANDS:
        return _BANDS[name][lang == "en"]
    sign = "%" if scale == "percent" else (" yuan" if lang == "en" else "元")
    if name == "more":
        return f"over {before}{sign}" if lang == "en" else f"{before}{sign}以上"
    if before is None:
        return f"up to {name}{sign}" if lang == "en" else f"{name}{sign}以内"
    return f"{before}–{name}{sign}" if lang == "en" else f"{before}—{name}{sign}"
