"""What people read for the actions of the log, and its Excel file, made now or by the worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import QueryDict
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu import audit
from bangfu.access import ROLES, Scope, scope_of, trail
from bangfu.access.session import scoped
from bangfu.audit.models import Event
from bangfu.dictionary import ENTITIES, entity
from bangfu.jobs import Progress, register
from bangfu.jobs.models import Job
from bangfu.kernel import clock
from bangfu.registry import divisions
from bangfu.web.language import CODES, current
from bangfu.web.listing import Column, Listing, opened_filters, workbook
from bangfu.web.templatetags.bangfu import name_of

ACTIONS = {
    "household.corrected": mark("更正农户信息"),
    "person.corrected": mark("更正成员信息"),
    "person.left": mark("成员离户"),
    "household.revealed": mark("查看农户完整信息"),
    "person.revealed": mark("查看成员完整信息"),
    "household.exported": mark("导出农户名单"),
    "finding.exported": mark("导出认定结果"),
    "user.exported": mark("导出用户名单"),
    "audit.exported": mark("导出审计日志"),
    "import.received": mark("上传导入文件"),
    "import.marked_taken": mark("下载标错文件"),
    "import.applied": mark("导入数据"),
    "import.cancelled": mark("放弃导入"),
    "import.undone": mark("撤销导入"),
    "registry.undone": mark("撤销数据变更"),
    "run.started": mark("发起评估"),
    "run.finished": mark("完成评估"),
    "run.stopped": mark("取消评估"),
    "run.reloaded": mark("恢复评估结果"),
    "document.made": mark("生成表册文书"),
    "document.downloaded": mark("下载表册文书"),
    "evidence.added": mark("上传证据"),
    "evidence.viewed": mark("查看证据原图"),
    "evidence.withdrawn": mark("撤回证据"),
    "procedure.batch_opened": mark("下达流程批次"),
    "procedure.batch_closed": mark("结束批次"),
    "procedure.opened": mark("纳入流程对象"),
    "procedure.done": mark("流程办理"),
    "procedure.return": mark("流程退回"),
    "procedure.post": mark("张贴公示"),
    "procedure.object": mark("登记异议"),
    "procedure.recheck": mark("复核异议"),
    "procedure.entry": mark("增加流程记录"),
    "procedure.draw": mark("抽签"),
    "procedure.check": mark("记录抽验"),
    "procedure.exported": mark("导出流程清单"),
    "procedure.reminded": mark("发出办理提醒"),
    "inspection.drawn": mark("抽取督查样本"),
    "inspection.recorded": mark("记录核查"),
    "inspection.ordered": mark("下达整改通知"),
    "inspection.answered": mark("答复整改通知"),
    "inspection.accepted": mark("整改验收通过"),
    "inspection.sent_back": mark("整改退回"),
    "inspection.exported": mark("导出核查清单"),
    "grant.given": mark("给予临时授权"),
    "grant.revoked": mark("收回临时授权"),
    "snapshot.taken": mark("生成数据快照"),
    "township.recorded": mark("登记乡镇情况"),
    "loan.recorded": mark("登记贷款"),
    "enterprise.recorded": mark("登记企业"),
    "cooperative.recorded": mark("登记合作社"),
    "project.recorded": mark("登记项目"),
    "township.removed": mark("删除乡镇情况"),
    "loan.removed": mark("删除贷款"),
    "enterprise.removed": mark("删除企业"),
    "cooperative.removed": mark("删除合作社"),
    "project.removed": mark("删除项目"),
    "scenario.created": mark("新建政策模拟"),
    "scenario.finished": mark("完成政策模拟"),
    "scenario.stopped": mark("取消政策模拟"),
    "scenario.deleted": mark("删除政策模拟"),
    "scenario.restored": mark("恢复政策模拟"),
    "scenario.exported": mark("导出政策模拟"),
    "user.created": mark("新建账号"),
    "user.changed": mark("更改账号"),
    "user.unlocked": mark("解锁账号"),
    "user.password_changed": mark("修改密码"),
    "user.signed_in": mark("登录"),
    "user.signed_out": mark("退出登录"),
    "user.sign_in_failed": mark("登录失败"),
    "token.created": mark("新建接口令牌"),
    "token.revoked": mark("停用接口令牌"),
    "access.refused": mark("越权访问被拒"),
    "library.indexed": mark("更新政策库索引"),
    "policy.exported": mark("导出政策库"),
    "division.loaded": mark("装载行政区划"),
    "demo.loaded": mark("装载演示数据"),
}
DETAILS = {
    "reason": mark("理由"), "field": mark("字段"), "fields": mark("字段"), "year": mark("年度"),
    "rows": mark("条数"), "columns": mark("列"), "filter": mark("筛选条件"), "on": mark("日期"),
    "before": mark("改前"), "after": mark("改后"), "password_set": mark("设置了密码"),
    "label": mark("用途"), "locked_until": mark("锁定至"), "counts": mark("数量"),
    "undone": mark("撤销的事件"), "path": mark("位置"), "pack": mark("政策包"),
    "period": mark("期次"), "as_of": mark("判定日期"), "file": mark("文件"),
}  # fmt: skip
EXPORT, VERIFY = "export.audit", "audit.verify"


def action_label(action: str) -> str:
    """An action for people; the word itself where there is none."""
    return _(ACTIONS[action]) if action in ACTIONS else action


def details(event: Event) -> list[tuple[str, str]]:
    """What the event says beyond who and when: (label, text), in words where we have them."""
    shown = ((k, v) for k, v in event.detail.items() if v not in ("", None, [], {}))
    return [(_(DETAILS[k]) if k in DETAILS else k, _told(v, event)) for k, v in shown]


def _told(value: Any, event: Event) -> str:
    if isinstance(value, dict):
        return "；".join(f"{_word(k, event)}：{_told(v, event)}" for k, v in value.items())
    if isinstance(value, list):
        return "、".join(_told(v, event) for v in value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return _word(str(value), event)


def _word(text: str, event: Event) -> str:
    """A dictionary field by its name, a role by its label, else the text."""
    if text in ROLES:
        return role_label(text)
    about = event.action.partition(".")[0]
    order = (about, *ENTITIES) if about in ENTITIES else ENTITIES
    field = next((f for n in order if (f := entity(n).fields.get(text))), None)
    return name_of(field) if field else text


def role_label(role: str) -> str:
    """A role, or who else acted."""
    if role in ROLES:
        zh, en, _levels, _rights = ROLES[role]
        return zh if current() == "zh" else en
    return {"system": _("系统"), "unknown": _("未知")}.get(role, role)


def place(code: str) -> str:
    """A region's name, '' for none."""
    if not code:
        return ""
    return divisions.full_name(code, from_level="city") if len(code) > 2 else _("全部")


EVENTS = Listing(
    "audit",
    [
        Column("at", mark("时间"), lambda e: f"{e.at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}",
               lead=True),
        Column("actor", mark("操作人"), lambda e: e.actor),
        Column("role", mark("角色"), lambda e: role_label(e.role)),
        Column("action", mark("操作"), lambda e: action_label(e.action)),
        Column("subject", mark("对象"), lambda e: e.subject),
        Column("region", mark("区域"), lambda e: place(e.region_code)),
        Column("changes", mark("变更记录数"), lambda e: e.changes, numeric=True),
        Column("source", mark("来源"), lambda e: e.source, usual=False),
        Column("chain_no", mark("链上序号"), lambda e: e.chain_no, numeric=True, usual=False),
        Column("hash", mark("摘要"), lambda e: e.hash, usual=False),
    ],
)  # fmt: skip


def filter_of(query: QueryDict) -> trail.EventFilter:
    """The filter that the URL asks for; what is no date is left out."""

    def day(name: str) -> Any:
        try:
            return parse_date(query.get(name, ""))
        except ValueError:
            return None

    return trail.EventFilter(
        actor=query.get("actor", "").strip()[:64], action=query.get("action", "")[:80],
        subject=query.get("subject", "").strip()[:120], region_code=query.get("region", ""),
        since=day("since"), until=day("until"),
    )  # fmt: skip


def table(
    scope: Scope, query: QueryDict, columns: list[Column], progress: Progress | None = None
) -> bytes:
    """The workbook's bytes."""
    found = trail.events(scope, filter_of(query))
    total = found.count()

    def rows() -> Iterator[list[Any]]:
        event: Event
        for done, event in enumerate(found.iterator(chunk_size=1000), start=1):
            if progress and done % 1000 == 0:
                progress(done, total, _("正在生成日志"))
            yield [c.value(event) for c in columns]

    note = f"{scope.username} {clock.now():%Y-%m-%d %H:%M}"
    return workbook(_("审计日志"), [_(c.label) for c in columns], rows(), note=note)


@register(EXPORT)
def export(job: Job, progress: Progress) -> dict[str, Any]:
    """The worker's part of a large export; the result names the stored file."""
    assert job.user is not None
    scope = scope_of(job.user)
    columns = EVENTS.named(job.params["columns"])
    with translation.override(CODES[job.params.get("language", "zh")]), scoped(scope):
        content = table(scope, opened_filters(job.params["query"]), columns, progress)
        name = f"{_('审计日志')}-{clock.today():%Y%m%d}.xlsx"
    stored = default_storage.save(f"exports/{job.pk}.xlsx", ContentFile(content))
    return {"file": stored, "name": name, "bytes": len(content)}


@register(VERIFY)
def verify(job: Job, progress: Progress) -> dict[str, Any]:
    """Walk the whole chain, which no scope narrows: it holds as a whole or not at all."""
    report = audit.verify(lambda done, total: progress(done, total, _("正在核对审计链")))
    return {"ok": report.ok, "checked": report.checked, "fault": report.fault}
