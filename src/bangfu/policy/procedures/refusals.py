"""What is missing when an act is refused, as codes with a Chinese and an English sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TEXTS: dict[str, tuple[str, str]] = {
    "ended": ("本件已办结", "the case has ended"),
    "wrong_step": ("本件现在第 {number} 步“{now}”，不能办理“{asked}”",
                   "the case stands at step {number}, “{now}”; “{asked}” cannot be done now"),
    "unknown_act": ("本步没有这种办理", "this step knows no such act"),
    "wrong_role": ("本步由{actor}办理，您的角色不能办理", "this step is for {actor}, not for your role"),
    "wrong_level": ("本步由{actor}办理，您的账号不在这一级",
                    "this step is for {actor}; your account is of another level"),
    "wrong_region": ("本件不在您的辖区", "the case lies outside your region"),
    "wrong_department": ("本步由{department}办理", "this step is for {department}"),
    "same_person": ("您办理过“{step}”，不能再办理本步（经办与审核分离）",
                    "you did “{step}”; who did it cannot do this step"),
    "future": ("日期 {on} 晚于今天", "the date {on} is in the future"),
    "before_previous": ("日期 {on} 早于上一步的 {last}",
                        "the date {on} is before that of the step before, {last}"),
    "no_outcome": ("没有选择办理结果", "no outcome was chosen"),
    "unknown_outcome": ("本步没有结果“{name}”", "this step has no outcome “{name}”"),
    "field_missing": ("未填“{name}”", "“{name}” is empty"),
    "field_wrong": ("“{name}”填写不对：应为{want}", "“{name}” is wrong: it must be {want_en}"),
    "field_computed": ("“{name}”由系统计算，不能填写", "“{name}” is reckoned, it cannot be filled in"),
    "field_unknown": ("表格没有栏目“{name}”", "the form has no blank “{name}”"),
    "item_missing": ("指标“{name}”未认定", "indicator “{name}” is not judged"),
    "item_reason": ("指标“{name}”未达标，要写原因", "indicator “{name}” is not met: give the reason"),
    "item_disagrees": ("指标“{name}”与系统认定（{engine}）不一致，要写明理由",
                       "on “{name}” you differ from the engine ({engine}): explain why"),
    "item_blocks": ("指标“{name}”未达标，不能这样办结",
                    "indicator “{name}” is not met: this outcome is not open"),
    "item_all_met": ("各项指标均达标，不能按未达标办结",
                     "every indicator is met: this outcome is not open"),
    "review_missing": ("未逐项审核“{name}”", "“{name}” was not reviewed"),
    "review_objects": ("审核不同意“{name}”，不能通过", "the review does not agree on “{name}”"),
    "evidence_missing": ("缺少材料“{name}”：需 {need} 件，现有 {have} 件",
                         "evidence “{name}”: {need} needed, {have} given"),
    "evidence_unknown": ("本步没有材料“{name}”", "this step asks for no evidence “{name}”"),
    "signature_missing": ("缺少签名“{name}”：需 {need} 人，现有 {have} 人",
                          "signatures of “{name}”: {need} needed, {have} given"),
    "signature_unknown": ("本步没有签名方“{name}”", "this step asks for no signature of “{name}”"),
    "signature_day": ("“{name}”的签名日期 {on} 不在 {first} 至 {last} 之间",
                      "the signature of “{name}” is dated {on}, not from {first} to {last}"),
    "signature_twice": ("同一人不能两次签在“{name}”", "one person cannot sign twice for “{name}”"),
    "notice_not_posted": ("尚未张贴公示", "the notice has not been posted"),
    "notice_posted": ("公示已经张贴", "the notice is already posted"),
    "notice_running": ("公示期到 {until} 24 时止，期满后才能办结",
                       "the notice runs until the end of {until}"),
    "notice_over": ("公示期已于 {until} 届满，不再受理异议",
                    "the notice ended on {until}; objections are no longer taken"),
    "objection_open": ("有 {count} 件异议未复核", "{count} objections are not settled"),
    "objection_upheld": ("异议成立，不能按无异议办结", "an objection was upheld: this outcome is not open"),
    "objection_unknown": ("没有这件待复核的异议", "there is no such open objection"),
    "recheck_outcome": ("复核要写明异议成立或不成立", "say whether the objection is upheld"),
    "waiting": ("到 {until} 24 时期满，期满后才能办结", "the wait runs until the end of {until}"),
    "entries_missing": ("“{name}”需 {need} 次，现有 {have} 次",
                        "“{name}”: {need} needed, {have} recorded"),
    "check_missing": ("本件被抽中，尚未完成抽验", "the case was drawn by lot and is not checked"),
    "sample_missing": (("“{name}”：到本步的 {among} 件须抽验 {share}%，即 {need} 件，"
                        "现已抽 {drawn} 件、抽验 {checked} 件"),
                       ("“{name}”: {need} of {among} ({share} %) are to be checked: {drawn} drawn,"
                        " {checked} checked")),
    "check_failed": ("抽验未通过，不能通过", "the check by lot failed"),
    "not_drawn": ("本件未被抽中或已抽验", "the case was not drawn, or is checked"),
    "check_outcome": ("抽验要写明通过或不通过", "say whether the check was passed"),
    "check_region": ("本件由{region}抽验", "the case is to be checked by {region}"),
    "reason_missing": ("未写理由", "no reason is given"),
    "not_returnable": ("不能退回“{name}”", "the case cannot be returned to “{name}”"),
    "not_eligible": ("不符合纳入条件", "it does not meet the conditions to be put in"),
    "already_open": ("已在办理中", "a case of it is under way"),
    "branch_unknown": ("登记信息缺“{name}”，无法确定下一步",
                       "“{name}” is not recorded, so the next step cannot be told"),
}  # fmt: skip


@dataclass(frozen=True)
class Missing:
    """One thing that is missing or wrong."""

    code: str
    details: dict[str, Any] = field(default_factory=dict, hash=False)

    def show(self, lang: str = "zh") -> str:
        """It as a sentence."""
        return TEXTS[self.code][0 if lang == "zh" else 1].format(**self.details)


@dataclass(frozen=True)
class Refused:
    """An act that is not allowed, with everything that stands against it."""

    missing: tuple[Missing, ...]

    def show(self, lang: str = "zh") -> str:
        """All of it in one sentence."""
        return ("；" if lang == "zh" else "; ").join(m.show(lang) for m in self.missing)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes, in order."""
        return tuple(m.code for m in self.missing)
