"""Words and columns that the pages of the subject share."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access.roles import DEPARTMENTS
from bangfu.evidence.commands import Given
from bangfu.inspection.models import Order, Plan, Sampled
from bangfu.kernel import clock
from bangfu.registry import divisions
from bangfu.web.listing import Column, Listing
from bangfu.web.procedures import shown

KINDS = {"supervision": mark("督查"), "spot_check": mark("抽查"), "third_party": mark("第三方评估")}
METHODS = {"share": mark("按比例"), "each": mark("按数量")}
PER = {
    "": mark("不分组"),
    "county": mark("每县"),
    "township": mark("每乡镇"),
    "village": mark("每村"),
}
RESULTS = {"sound": mark("属实"), "problem": mark("有问题"), "unable": mark("无法核查")}
TRUTH = {"sound": "met", "problem": "not_met", "unable": "undecided"}
TODO = {"todo": mark("待核查"), **RESULTS}  # what a sample is narrowed by
ITEM = {"met": mark("达标"), "not_met": mark("未达标"), "unknown": mark("未能核实")}
STATES = {
    "overdue": (mark("已逾期"), "unmet"), "soon": (mark("三天内到期"), "unknown"),
    "open": (mark("整改中"), ""), "answered": (mark("待验收"), "unknown"),
    "accepted": (mark("已验收"), "met"), "above": (mark("下级逾期上报"), "unmet"),
}  # fmt: skip
ACTS = {
    "issue": mark("下达"),
    "answer": mark("答复"),
    "accept": mark("验收通过"),
    "back": mark("退回"),
}
GRANTS = {
    "coming": mark("未开始"), "in_force": mark("有效"), "over": mark("已到期"),
    "revoked": mark("已收回"),
}  # fmt: skip


def duty(order: Order) -> str:
    """Who must put it right."""
    return divisions.names().get(order.region_code, order.region_code) + order.department


def standing(order: Order) -> tuple[str, str]:
    """How an order stands, in words, and its tone."""
    left = (order.due_on - clock.today()).days
    if order.state == "open" and left < 0:
        return _("已逾期 %(n)s 天") % {"n": -left}, "not_met"
    if order.state == "open":
        return _("还有 %(n)s 天") % {"n": left}, "undecided" if left <= 3 else ""
    return _(STATES[order.state][0]), "met" if order.state == "accepted" else "undecided"


def given(request: HttpRequest) -> list[Given]:
    """Files of a form."""
    return [Given(f.name or "", f.read()) for f in request.FILES.getlist("file") if f.size]


def _period(plan: Plan) -> str:
    return f"{plan.starts_on} — {plan.ends_on}"


def _place(code: str) -> str:
    return divisions.names().get(code, code)


def result_of(sampled: Sampled) -> str:
    """What was found of a sampled case, in words."""
    found = getattr(sampled, "result", None)
    return _(RESULTS[found]) if found else _("待核查")


PLANS = Listing(
    "inspection_plans",
    [
        Column("title", mark("名称"), lambda p: p.title, sort="title", lead=True),
        Column("kind", mark("方式"), lambda p: _(KINDS[p.kind]), sort="kind"),
        Column("procedure", mark("流程"), lambda p: shown.say(p.batch.content.title)),
        Column("region", mark("地区"), lambda p: _place(p.region_code), sort="region_code"),
        Column("drawn", mark("抽中"), lambda p: p.drawn, numeric=True, sort="drawn"),
        Column("checked", mark("已核查"), lambda p: p.checked, numeric=True),
        Column("period", mark("起止"), _period, sort="starts_on"),
        Column("by", mark("抽取人"), lambda p: p.by, usual=False, sort="by"),
        Column("seed", mark("种子"), lambda p: p.seed, usual=False),
    ],
)
SAMPLE = Listing(
    "inspection_sample",
    [
        Column("subject", mark("对象"), lambda s: s.subject, sort="subject", lead=True),
        Column("position", mark("序号"), lambda s: s.position, numeric=True, sort="position"),
        Column("place", mark("所在地"), lambda s: divisions.full_name(s.region_code),
               sort="region_code"),
        Column("plan", mark("督查抽查"), lambda s: s.plan_title, sort="plan_title", usual=False),
        Column("result", mark("结论"), result_of),
    ],
)  # fmt: skip
FINDINGS = Listing(
    "inspection_findings",
    [
        Column("subject", mark("对象"), lambda f: f.sampled.subject, sort="sampled__subject", lead=True),
        Column("place", mark("所在地"), lambda f: divisions.full_name(f.region_code), sort="region_code"),
        Column("plan", mark("督查抽查"), lambda f: f.sampled.plan_title),
        Column("result", mark("结论"), lambda f: _(RESULTS[f.result]), sort="result"),
        Column("text", mark("情况"), lambda f: f.text),
        Column("orders", mark("整改通知"), lambda f: f.orders_count, numeric=True),
        Column("on", mark("核查日期"), lambda f: str(f.on), sort="on"),
        Column("by", mark("核查人"), lambda f: f.by, sort="by"),
        Column("photos", mark("照片"), lambda f: len(f.evidence), numeric=True, usual=False),
    ],
)  # fmt: skip
ORDERS = Listing(
    "inspection_orders",
    [
        Column("number", mark("编号"), lambda o: f"ZG-{o.pk:06}", sort="id", lead=True),
        Column("duty", mark("责任单位"), duty, sort="region_code"),
        Column("subject", mark("对象"), lambda o: o.finding.sampled.subject),
        Column("text", mark("整改要求"), lambda o: o.text),
        Column("due", mark("整改期限"), lambda o: str(o.due_on), sort="due_on"),
        Column("left", mark("时限情况"), lambda o: standing(o)[0]),
        Column("issued", mark("下达日期"), lambda o: str(o.issued_on), sort="issued_on"),
        Column("by", mark("下达人"), lambda o: o.issued_by, usual=False),
    ],
)
DEPARTMENT_CHOICES = DEPARTMENTS
