"""Why a pack is refused: every reason as a code with a Chinese and an English sentence.

`PackProblem` joins a reason to file, line and rule. The parser, binder and loader raise
`Refused`; the loader collects them so that an author sees all errors of a pack at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bangfu.policy.documents.reasons import REASONS as _DOCUMENTS
from bangfu.policy.inspections.reasons import REASONS as _INSPECTIONS
from bangfu.policy.procedures.reasons import REASONS as _PROCEDURES

REASONS: dict[str, tuple[str, str]] = {
    **_PROCEDURES,
    **_DOCUMENTS,
    **_INSPECTIONS,
    "yaml": ("YAML 语法错误：{detail}", "not valid YAML: {detail}"),
    "missing_file": ("缺少文件 {name}", "the file {name} is missing"),
    "not_mapping": ("此处应为“名称: 值”", "a mapping is expected here"),
    "not_list": ("此处应为列表", "a list is expected here"),
    "unknown_key": ("不认识的键“{key}”，可用：{known}", "unknown key “{key}”; known: {known}"),
    "missing_key": ("缺少“{key}”", "“{key}” is missing"),
    "duplicate_key": ("键“{key}”重复", "the key “{key}” appears twice"),
    "bad_value": ("“{key}”应为{want}，现为 {got}", "“{key}” must be {want_en}, not {got}"),
    "bad_choice": ("“{key}”不能是“{got}”，可用：{known}",
                   "“{key}” cannot be “{got}”; known: {known}"),
    "bad_name": ("名称“{name}”只能用小写字母、数字和下划线，并以字母开头",
                 "the name “{name}” may use only a-z, 0-9 and _, beginning with a letter"),
    "duplicate_id": ("编号“{id}”重复，先见于 {first}", "the id “{id}” was used before, in {first}"),
    "shadows_field": ("变量“{name}”与数据字典字段同名",
                      "the variable “{name}” has the name of a dictionary field"),
    "overlapping_versions": ("版本时间重叠：{first} 与 {second}",
                             "versions overlap: {first} and {second}"),
    "version_backwards": ("版本的 to（{to}）早于 from（{start}）",
                          "the version ends ({to}) before it begins ({start})"),
    "amendment_before": ("这一版从 {start} 起，早于它所修改的上一版（{before}）；版本按先后排列",
                         "this version begins {start}, before the one it amends ({before})"),
    "supersedes_before": ("{id} 从 {start} 起，不能取代 {old}（{old} 从 {before} 起）",
                          "{id} begins {start} and cannot replace {old}, which begins {before}"),
    "supersedes_together": ("{id} 从 {start} 起取代 {old}，而 {old} 到 {end} 才止，两条同时施行",
                            "{id} replaces {old} from {start}, but {old} runs until {end}"),
    "version_before_pack": ("版本从 {start} 起，早于政策包的 {pack}",
                            "the version begins {start}, before the pack ({pack})"),
    "no_versions": ("没有任何版本", "there is no version"),
    "unknown_document": ("引用的文件“{name}”不在 pack.yaml 的 documents 中",
                         "the document cited, “{name}”, is not among pack.yaml's documents"),
    "unknown_region": ("“{given}”不是行政区划代码", "“{given}” is not a division code"),
    "kind_needs": ("{kind} 类规则需要“{key}”", "a rule of kind {kind} needs “{key}”"),
    "kind_refuses": ("{kind} 类规则不能有“{key}”", "a rule of kind {kind} cannot have “{key}”"),
    "unit_differs": ("规则单位是 {rule_unit}，参数 {name} 的单位是 {unit}",
                     "the rule's unit is {rule_unit} but parameter {name} is in {unit}"),
    "values_gap": ("参数 {name} 在 {start} 至 {end} 没有值，而规则在此期间施行",
                   "parameter {name} has no value from {start} to {end}, when the rule is in force"),
    "no_general_value": ("参数 {name} 没有适用于其余地区的一般值",
                         "parameter {name} has no general value for the remaining regions"),
    "mixed_values": ("参数 {name} 的各个值类型不一致", "parameter {name} mixes kinds of values"),
    "cycle": ("循环引用：{path}", "circular reference: {path}"),
    "syntax": ("表达式无法解析：{detail}", "the expression cannot be parsed: {detail}"),
    "empty": ("表达式为空", "the expression is empty"),
    "forbidden": ("表达式中不允许 {what}", "{what} is not allowed in an expression"),
    "forbidden_function": ("不允许的函数 {name}，可用：{known}",
                           "the function {name} is not allowed; known: {known}"),
    "arguments": ("函数 {name} 的参数个数不对", "wrong number of arguments for {name}"),
    "unknown_field": ("{entity} 没有字段或变量“{name}”{hint}",
                      "{entity} has no field or variable “{name}”{hint_en}"),
    "pii_field": ("{entity}.{name} 是个人信息，规则不能使用",
                  "{entity}.{name} is personal data, rules cannot use it"),
    "unknown_hop": ("从 {entity} 不能引用“{name}.”，可用：{known}",
                    "“{name}.” cannot be reached from {entity}; known: {known}"),
    "unknown_parameter": ("没有参数“{name}”{hint}", "there is no parameter “{name}”{hint_en}"),
    "unknown_rule": ("没有规则“{id}”", "there is no rule “{id}”"),
    "rule_not_reachable": ("从 {entity} 不能直接引用 {id}（{other} 的规则）",
                           "{id}, a rule on {other}, cannot be reached directly from {entity}"),
    "rule_kind": ("{id} 是 {kind}，不能用于 {fn}()", "{id} is a {kind}, which {fn}() cannot read"),
    "unknown_code": ("{field} 没有代码“{given}”，可用：{known}",
                     "{field} has no code “{given}”; known: {known}"),
    "type": ("{where} 需要{want}，现为 {got}", "{where} needs {want_en}, not {got}"),
    "compare": ("不能比较 {left} 与 {right}", "{left} cannot be compared with {right}"),
    "round_first": ("此处的商须先取整，如 round(a / b, 2)",
                    "round the quotient first here, e.g. round(a / b, 2)"),
    "aggregate_scope": ("{entity} 下不能汇总 {child}，可用：{known}",
                        "{child} cannot be aggregated from {entity}; known: {known}"),
    "list_only_in": ("列表只能用在 in 之后", "a list can only follow “in”"),
    "too_deep": ("表达式嵌套过深", "the expression is nested too deeply"),
    "overlap_alone": ("重叠组至少要有两条规则，或用 most 说明最多几份",
                      "a group needs two rules, or “most”: how many awards at most"),
    "overlap_kind": ("{id} 是 {kind}，of: {of} 的重叠组只比较 {known}（户的 criterion 除外）",
                     "{id} is a {kind}; a group of {of} compares {known} (no household criteria)"),
    "overlap_entity": ("{id} 的对象是 {entity}，不能按 {per} 比较",
                       "{id} is about {entity} and cannot be compared per {per}"),
    "cap_by_kind": ("封顶参数 {name} 不能按县的类别取值，请改用 region",
                    "the ceiling {name} cannot differ by county kind; use region"),
    "contradiction_alone": ("矛盾至少要引两处条款", "a contradiction cites two clauses at least"),
    "parent_pack": ("extends 指向的政策包“{pack}”不存在", "extends names “{pack}”, no such pack"),
}  # fmt: skip

KIND_ZH = {
    "bool": "是非", "int": "整数", "decimal": "数", "ratio": "商", "str": "文本", "code": "代码",
    "date": "日期", "codes": "多选代码", "null": "NULL", "list": "列表",
}  # fmt: skip


class Refused(Exception):
    """An expression or a YAML node the engine has no rule for; `code` is a key of REASONS."""

    def __init__(self, code: str, **details: Any) -> None:
        self.code = code
        self.details = details
        super().__init__(REASONS[code][1].format(**details))


@dataclass(frozen=True)
class PackProblem:
    """One error in a pack: where it is and why. `reason` is Chinese, `reason_en` English."""

    file: str
    line: int
    rule: str | None
    code: str
    details: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def reason(self) -> str:
        """Why, in Chinese."""
        return REASONS[self.code][0].format(**self.details)

    @property
    def reason_en(self) -> str:
        """Why, in English."""
        return REASONS[self.code][1].format(**self.details)

    def show(self, lang: str = "zh") -> str:
        """One line: file:line rule reason."""
        who = f" {self.rule}" if self.rule else ""
        return f"{self.file}:{self.line}{who} {self.reason if lang == 'zh' else self.reason_en}"
