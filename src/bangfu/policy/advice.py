"""What an author can do about a problem of a pack: the nearest known name, and the next step.

`policy check` prints it below each problem; `reasons` says what is wrong.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from bangfu.policy.pack import Pack
from bangfu.policy.reasons import PackProblem

STEPS: dict[str, tuple[str, str]] = {
    "yaml": ("检查这一行附近的缩进、冒号后的空格和引号",
             "look at the indent, the space after the colon and the quotes near this line"),
    "unknown_key": ("删去或改成可用的键；编辑器按 $schema 补全",
                    "remove it or use a known key; editors complete by $schema"),
    "missing_key": ("在这一项里补上它", "add it to this entry"),
    "duplicate_id": ("换一个编号；要修改上级政策包的规则，请给它加版本",
                     "choose another id; to change a rule, add a version to it"),
    "unknown_document": ("在 pack.yaml 的 documents 里登记这份文件",
                         "enter the paper among pack.yaml's documents"),
    "unknown_field": ("字段名见 docs 中的数据字典，派生量写进 variables.yaml",
                      "fields are in the data dictionary; derived quantities go to variables.yaml"),
    "unknown_parameter": ("在 parameters.yaml 里加上它，注明单位、出处和起始日期",
                          "add it to parameters.yaml with unit, citation and date"),
    "values_gap": ("给这个参数补一个从缺口第一天起的值；确由县里定的写 to_be_set: true",
                   "give it a value from the gap's first day; if counties set it, to_be_set: true"),
    "no_general_value": ("补一个不带 region 的一般值；确由各县自定的写 to_be_set: true，未定的县为待定",
                         "add a value without region; if counties set it, to_be_set: true"),
    "amendment_before": ("把版本按 from 的先后排列，新的一版写在最后，from 晚于上一版",
                         "list versions by date: the amendment last, later than what it amends"),
    "supersedes_before": ("核对施行日期：新条款须晚于被它取代的条款",
                          "check the dates: a clause begins after the one it replaces"),
    "supersedes_together": ("给旧条款的版本写上 to（新条款前一天）",
                            "end the old clause with `to`, the day before the new one"),
    "overlapping_versions": ("改 from，或给前一版写 to（后一版的前一天）",
                             "change `from`, or end the earlier one with `to`"),
    "version_before_pack": ("改版本的 from，或把 pack.yaml 的 from 提前",
                            "change the version's `from`, or begin the pack earlier"),
    "version_backwards": ("to 不能早于 from", "`to` cannot be before `from`"),
    "unit_differs": ("规则的 unit 与参数的 unit 要一致", "rule and parameter must have one unit"),
    "parent_pack": ("extends 写同一目录下另一个政策包的编号",
                    "extends names another pack in the same folder"),
    "cycle": ("去掉其中一处引用", "remove one of the references"),
}  # fmt: skip


def near(problem: PackProblem, pack: Pack | None) -> str:
    """The known name closest to what was written, '' if nothing is close."""
    details = problem.details
    given = {"unknown_key": "key", "bad_choice": "got", "unknown_code": "given",
             "unknown_rule": "id", "unknown_document": "name"}.get(problem.code)  # fmt: skip
    if given is None or given not in details:
        return ""
    known: Iterable[str] = str(details.get("known", "")).split("、")
    if pack is not None and problem.code == "unknown_rule":
        known = pack.rules
    if pack is not None and problem.code == "unknown_document":
        known = pack.documents
    found = difflib.get_close_matches(str(details[given]), list(known), 1, 0.6)
    return found[0] if found else ""


def advice(problem: PackProblem, pack: Pack | None = None, lang: str = "zh") -> str:
    """One line for the author, '' where the reason says it all."""
    at = 0 if lang == "zh" else 1
    parts = []
    if name := near(problem, pack):
        parts.append(("是否为“{}”？", "did you mean “{}”?")[at].format(name))
    if problem.code in STEPS:
        parts.append(STEPS[problem.code][at])
    return ("；" if lang == "zh" else "; ").join(parts)
