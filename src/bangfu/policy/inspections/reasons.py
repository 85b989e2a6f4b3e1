"""Why an inspections file is refused (texts of `policy.reasons` for this subject)."""

from __future__ import annotations

REASONS: dict[str, tuple[str, str]] = {
    "check_subject": ("核查的对象“{name}”不认识，可用：{known}",
                      "nobody checks a “{name}”; known: {known}"),
    "check_empty": ("核查表没有指标也没有填写栏", "the sheet has neither indicators nor blanks"),
    "check_prefill": ("核查表由核查人现场填写，不能预填（prefill）",
                      "a sheet is filled in by who checks, on the spot: no prefill"),
    "check_rule": ("规则 {id} 说的是 {entity}，不是这份核查表的对象 {subject}",
                   "rule {id} is about a {entity}, this sheet about a {subject}"),
}  # fmt: skip
