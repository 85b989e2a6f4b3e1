"""A result as a file: title, what it is about, tables; Excel or Word by the name's ending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bangfu.findings.reports.tables import Tables

KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def title_of(result: Mapping[str, Any], lang: str = "zh") -> str:
    """What the report is called."""
    if result["kind"] == "diff":
        return "Effects of policy changes" if lang == "en" else "政策变化影响报告"
    return "Policy simulation" if lang == "en" else "政策模拟报告"


def about(
    result: Mapping[str, Any], place: str, names: Mapping[str, str], lang: str = "zh"
) -> list[str]:
    """The lines under the title: pack, day, snapshot, place, hashes."""
    where = place or result["whole_code"]
    period, digest = result["snapshot"]["period"], result["snapshot"]["digest"][:12]
    days = f"{result['from']} → {result['to']}" if result["kind"] == "diff" else result["as_of"]
    if lang == "en":
        return [
            (
                f"Place: {names.get(where, where)}. Pack: {result['pack']}. Day: {days}."
                f" Snapshot: {period} ({digest})."
            ),
            (
                f"Pack hash {result['pack_hash'][:16]}, changed {result['after_hash'][:16]};"
                f" computed {result['created']}."
            ),
        ]
    return [
        (
            f"地区：{names.get(where, where)}；政策包：{result['pack_title']}（{result['pack']}）；"
            f"日期：{days}；快照：{period}（{digest}）。"
        ),
        (
            f"政策包指纹 {result['pack_hash'][:16]}，改动后 {result['after_hash'][:16]}；"
            f"计算时间 {result['created']}。"
        ),
    ]


def write(
    result: Mapping[str, Any], kind: str, *, place: str = "", names: Mapping[str, str],
    lang: str = "zh", more: str = "",
) -> bytes:  # fmt: skip
    """The bytes of the report, `kind` xlsx or docx; `more` is a last line about it."""
    lines = [*about(result, place, names, lang), *([more] if more else [])]
    tables = Tables(result, place, names, lang)
    if kind == "docx":
        from bangfu.findings.reports.word import document

        return document(title_of(result, lang), lines, tables.all(cross=False))
    from bangfu.findings.reports.excel import workbook

    return workbook(title_of(result, lang), lines, tables.all())
