"""What the room refuses."""

from bangfu.kernel.problems import define

HOUSEHOLD_NOT_FOUND = define(
    "registry.household_not_found", 404,
    zh="没有找到户编号 {household_no}，或该户不在您的管辖范围内。",
    en="Household {household_no} is not there, or outside your area.",
    do_zh="请核对 18 位户编号；跨区域的农户请联系上级扶贫办。",
    do_en="Check the 18-digit number; ask the office above for other areas.",
)  # fmt: skip
UNKNOWN_REGION = define(
    "registry.unknown_region", 404,
    zh="没有区划代码 {code}。", en="There is no division {code}.",
    do_zh="请从区划列表中选择。", do_en="Choose one from the list of divisions.",
)  # fmt: skip
BAD_VALUE = define(
    "registry.bad_value", 422,
    zh="“{field}”的值“{value}”不正确：应为{expected}。",
    en="{value!r} is no value for {field}: expected {expected}.",
    do_zh="请按要求更正后重新保存。", do_en="Correct it and save again.",
)  # fmt: skip
NOT_WRITABLE = define(
    "registry.not_writable", 422,
    zh="字段“{field}”不能在此修改。", en="{field} cannot be changed here.",
    do_zh="该字段由导入或规定程序维护。", do_en="It is kept by import or by a procedure.",
)  # fmt: skip
UNKNOWN_FIELD = define(
    "registry.unknown_field", 422,
    zh="没有“{field}”这个字段。", en="There is no field {field}.",
    do_zh="字段名见数据字典或导入模板说明。", do_en="Field names stand in the data dictionary.",
)  # fmt: skip
ALREADY_LEFT = define(
    "registry.already_left", 409,
    zh="{person_no} 已不在该户。", en="{person_no} has already left the household.",
    do_zh="请刷新页面核对家庭成员。", do_en="Reload the page and look at the members.",
)  # fmt: skip
CHANGED_MEANWHILE = define(
    "registry.changed_meanwhile", 409,
    zh="该户信息在您打开页面后已被他人修改。", en="Somebody else changed this household meanwhile.",
    do_zh="请刷新页面，核对最新信息后再保存。", do_en="Reload, look again, then save.",
)  # fmt: skip
UNDO_CONFLICT = define(
    "registry.undo_conflict", 409,
    zh="有 {count} 条记录在此之后又被修改（如 {example}），不能整体撤销。",
    en="{count} records were changed afterwards (e.g. {example}); it cannot be undone as a whole.",
    do_zh="请先撤销其后的修改，或逐户更正。", do_en="Undo the later changes first, or correct one by one.",
)  # fmt: skip
NOTHING_TO_UNDO = define(
    "registry.nothing_to_undo", 409,
    zh="该操作没有可撤销的数据变更，或已被撤销。", en="There is nothing to undo, or it was undone.",
    do_zh="请在批次列表中核对状态。", do_en="Check its state in the list.",
)  # fmt: skip
NOT_EMPTY = define(
    "registry.not_empty", 409,
    zh="登记库中已有 {count} 户，不能再次整库装载。", en="The registry already holds {count} households.",
    do_zh="请使用导入功能增量更新；演示环境可删除 var 目录后重来。",
    do_en="Use import to update; a demo may be started anew by removing var.",
)  # fmt: skip
BAD_CURSOR = define(
    "registry.bad_cursor", 400,
    zh="翻页位置无效。", en="The page position is not valid.",
    do_zh="请回到列表第一页重新翻页。", do_en="Go back to the first page of the list.",
)  # fmt: skip
UNKNOWN_RECORD = define(
    "registry.unknown_record", 404,
    zh="没有“{name}”这一类记录。", en="There is no kind of record “{name}”.",
    do_zh="可用：{known}。", do_en="Known: {known}.",
)  # fmt: skip
RECORD_NOT_FOUND = define(
    "registry.record_not_found", 404,
    zh="辖区内没有编号 {number} 的记录。", en="There is no record {number} in your area.",
    do_zh="请核对编号。", do_en="Check the number.",
)  # fmt: skip
RECORDS_REFUSED = define(
    "registry.records_refused", 422,
    zh="表中有错误，全部未写入：{faults}", en="The table has faults, nothing was written: {faults}",
    do_zh="请按行更正后重新提交整张表。", do_en="Correct those rows, then submit the whole table again.",
)  # fmt: skip
UNREADABLE_FILE = define(
    "registry.unreadable_file", 422,
    zh="读不出文件 {file}：{reason}", en="Cannot read {file}: {reason}",
    do_zh="请另存为 UTF-8 的 CSV 或 xlsx 后重试。", do_en="Save it as CSV in UTF-8 or as xlsx.",
)  # fmt: skip
