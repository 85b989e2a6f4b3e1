"""Why a document file is refused (texts of `policy.reasons` for this subject)."""

from __future__ import annotations

REASONS: dict[str, tuple[str, str]] = {
    "document_id": ("文书编号“{id}”与文件名“{name}”不同",
                    "the document's id “{id}” differs from the file's name “{name}”"),
    "document_field": ("文书引用了不认识的“{name}”，可用：{known} 等",
                       "the document names “{name}”, which nothing fills; known: {known}, …"),
    "document_rule": ("规则 {id} 说的是 {entity}，不是这份文书的对象",
                      "rule {id} is about {entity}, not what this document is about"),
    "document_block": ("正文的每一段应是下列之一：{known}",
                       "each block of the body is one of: {known}"),
    "document_columns": ("表格应有四栏：序号、指标、标准、认定情况",
                         "the table has four columns: number, indicator, standard, finding"),
    "document_attach": ("附件“{name}”不存在、对象不同，或自己另有附件",
                        "no such attachment “{name}”, or about something else, or with its own"),
}  # fmt: skip
