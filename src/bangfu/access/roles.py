"""The word list of rights, and which role holds which.

One word names a right, the audit event it leads to and the route that needs it.
"""

from __future__ import annotations

from types import MappingProxyType

RIGHTS = MappingProxyType(
    {
        "home.view": "查看首页",
        "household.view": "查看农户",
        "household.edit": "更正农户信息",
        "household.reveal": "查看完整个人信息",
        "household.export": "导出农户名单",
        "finding.view": "查看认定结果",
        "run.view": "查看评估任务",
        "run.start": "发起评估",
        "simulation.view": "查看政策模拟",
        "simulation.edit": "新建、删除政策模拟",
        "import.view": "查看导入批次",
        "import.apply": "导入数据",
        "import.undo": "撤销导入",
        "user.manage": "管理用户",
        "audit.view": "查看审计日志",
        "token.manage": "管理本人接口令牌",
        "procedure.view": "查看流程",
        "procedure.act": "办理流程",
        "procedure.open": "下达批次",
        "inspection.view": "查看督查抽查",
        "inspection.plan": "抽取督查样本、聘请评估组",
        "inspection.record": "记录督查情况",
        "inspection.order": "下达、验收整改通知",
        "inspection.answer": "答复整改通知",
    }
)

_READ = {"home.view", "household.view", "finding.view", "token.manage"}
_STEPS = {"procedure.view", "procedure.act"}
_WORK = _READ | _STEPS | {"household.edit", "household.reveal", "household.export"}
_IMPORT = {"import.view", "import.apply", "import.undo"}
_RUN = {"run.view", "run.start"}
_WHAT_IF = {"simulation.view", "simulation.edit"}
_INSPECT = {"inspection.view", "inspection.plan", "inspection.record", "inspection.order"}
_ANSWER = {"inspection.view", "inspection.answer"}

# role -> (label zh, label en, levels its region may have, rights)
ROLES = MappingProxyType(
    {
        "village_officer": ("村级信息员", "Village officer", ("village",), frozenset(_WORK)),
        "township_clerk": (
            "乡镇业务员",
            "Township clerk",
            ("township",),
            frozenset(_WORK | _IMPORT | _RUN | _ANSWER),
        ),
        "county_office": (
            "县（市、区）扶贫办",
            "County office",
            ("county",),
            frozenset(
                _WORK
                | _IMPORT
                | _RUN
                | _WHAT_IF
                | _INSPECT
                | _ANSWER
                | {"user.manage", "audit.view", "procedure.open"}
            ),
        ),
        "county_department": (
            "县直行业部门",
            "County department",
            ("county",),
            frozenset(_READ | _STEPS | _ANSWER | {"household.export", "run.view"}),
        ),
        "city_office": (
            "市扶贫办",
            "City office",
            ("city",),
            frozenset(
                _READ
                | _STEPS
                | {"household.export", "household.reveal", "audit.view", "procedure.open"}
                | _RUN
                | _WHAT_IF
                | _INSPECT
            ),
        ),
        "inspector": (
            "督查人员",
            "Inspector",
            ("city", "county"),
            frozenset(
                _READ
                | _INSPECT
                | {
                    "household.reveal",
                    "run.view",
                    "import.view",
                    "audit.view",
                    "simulation.view",
                    "procedure.view",
                }
            ),
        ),
        # A person from outside: nothing but the sample of one inspection, for some days (`grants`).
        "evaluator": (
            "评估组成员",
            "Evaluator",
            ("city", "county"),
            frozenset({"inspection.record"}),
        ),
        "administrator": (
            "系统管理员",
            "Administrator",
            ("city", "county"),
            frozenset({"home.view", "user.manage", "audit.view", "run.view", "import.view"} | _RUN),
        ),
    }
)

# Roles that may do nothing of themselves, only under a grant in force.
TEMPORARY = frozenset({"evaluator"})

# A department sees only findings of rules it is responsible for: the name as it stands in
# a rule's `department`.
DEPARTMENTS = (
    "教育局", "民政局", "人力资源和社会保障局", "卫生计生委", "住房城乡建设委", "残联",
    "扶贫办", "财政局", "妇联", "水利局", "交通运输局", "农业局", "林业局",
)  # fmt: skip


def rights_of(role: str) -> frozenset[str]:
    """Rights of `role`; none for an unknown one."""
    return ROLES[role][3] if role in ROLES else frozenset()
