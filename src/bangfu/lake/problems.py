"""What the lake refuses, each by the name of the file or directory concerned."""

from __future__ import annotations

from bangfu.kernel.problems import define

NOT_FOUND = define(
    "lake.not_found",
    404,
    zh="没有快照：{path}",
    en="No snapshot at {path}",
    do_zh="请核对路径，或先用 bangfu snapshot 生成快照。",
    do_en="Check the path, or make the snapshot first with bangfu snapshot.",
)
MANIFEST_DAMAGED = define(
    "lake.manifest_damaged",
    422,
    zh="快照清单无法读取：{path}（{detail}）",
    en="The snapshot manifest cannot be read: {path} ({detail})",
    do_zh="请重新生成该快照，或从备份恢复。",
    do_en="Make the snapshot again or restore it from a backup.",
)
FORMAT_UNKNOWN = define(
    "lake.format_unknown",
    422,
    zh="快照格式 {found} 不是本版本支持的 {expected}：{path}",
    en="Snapshot format {found} is not the supported {expected}: {path}",
    do_zh="请用生成该快照的版本读取，或重新生成。",
    do_en="Read it with the version that wrote it, or make it again.",
)
FILE_MISSING = define(
    "lake.file_missing",
    422,
    zh="快照缺少文件：{file}",
    en="The snapshot lacks the file {file}",
    do_zh="请从备份恢复该文件，或重新生成快照。",
    do_en="Restore the file from a backup or make the snapshot again.",
)
FILE_DAMAGED = define(
    "lake.file_damaged",
    422,
    zh="快照文件与清单不符，可能已损坏或被改动：{file}（{detail}）",
    en="The snapshot file does not match its manifest, damaged or altered: {file} ({detail})",
    do_zh="请勿使用该快照；从备份恢复该文件，或重新生成快照。",
    do_en="Do not use this snapshot; restore the file from a backup or make it again.",
)
FILE_UNLISTED = define(
    "lake.file_unlisted",
    422,
    zh="快照目录中有清单之外的文件：{file}",
    en="The snapshot directory holds a file that its manifest does not list: {file}",
    do_zh="请移走该文件后再用。",
    do_en="Move the file away, then use the snapshot.",
)
TARGET_TAKEN = define(
    "lake.target_taken",
    409,
    zh="目标目录已存在且不为空：{path}",
    en="The target directory exists and is not empty: {path}",
    do_zh="请换一个目录，或明确要求覆盖。",
    do_en="Choose another directory, or ask for it to be replaced.",
)
TARGET_BUSY = define(
    "lake.target_busy",
    409,
    zh="另一个任务正在写入：{path}",
    en="Another run is writing {path}",
    do_zh="请等它结束后再试。",
    do_en="Wait for it to end, then try again.",
)
NO_SPACE = define(
    "lake.no_space",
    507,
    zh="磁盘空间不足，未写出任何内容：{path}",
    en="The disk is full; nothing was written at {path}",
    do_zh="请清理磁盘后重新运行。",
    do_en="Free some space and run it again.",
)
COLUMN_REFUSED = define(
    "lake.column_refused",
    422,
    zh="{entity} 表不接受列 {column}：{detail}",
    en="Table {entity} does not take the column {column}: {detail}",
    do_zh="快照只含数据字典中非个人隐私的字段，类型须与字典一致。",
    do_en="A snapshot holds only the dictionary's non-personal fields, in its types.",
)
KEY_REFUSED = define(
    "lake.key_refused",
    422,
    zh="{entity} 表（{county}）的主键 {key} 为空、重复或未排序：{value}",
    en="Table {entity} ({county}): key {key} is empty, repeated or out of order: {value}",
    do_zh="请检查数据来源；每个主键只能出现一次。",
    do_en="Check the source; each key may occur once only.",
)
WRITTEN_TWICE = define(
    "lake.written_twice",
    409,
    zh="{entity} 表的 {county} 已经写过",
    en="Table {entity} of {county} has been written already",
    do_zh="每个县每张表只写一次。",
    do_en="Write each table of a county once.",
)
COUNTY_REFUSED = define(
    "lake.county_refused",
    422,
    zh="不是县级代码：{county}",
    en="Not a county code: {county}",
    do_zh="请使用 6 位县（市、区）代码。",
    do_en="Use a six-digit county code.",
)
