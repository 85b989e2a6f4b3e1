"""What the room refuses before it looks at single rows."""

from bangfu.kernel.problems import define

_AGAIN_ZH = "请更正后重新上传；登记库没有任何改动。"
_AGAIN_EN = "Correct it and upload again; nothing was changed."

EMPTY = define(
    "collect.empty_file", 422,
    zh="文件“{name}”是空的，或只有表头没有数据。", en="{name} is empty, or has headings and no rows.",
    do_zh="请在表头下填写数据后重新上传。", do_en="Fill in rows below the headings and upload again.",
)  # fmt: skip
TOO_BIG = define(
    "collect.too_big", 413,
    zh="文件“{name}”太大（{size}），上限为 {limit}。", en="{name} is too big ({size}); the limit is {limit}.",
    do_zh="请按乡镇或县分成几个文件；大批量数据请另存为 CSV。",
    do_en="Split it by township or county; save bulk data as CSV.",
)  # fmt: skip
WRONG_KIND = define(
    "collect.wrong_kind", 415,
    zh="“{name}”不是可以导入的文件：{what}。", en="{name} cannot be imported: {what}.",
    do_zh="请上传 .xlsx 或 .csv 文件；旧的 .xls 请用 Excel 另存为 .xlsx。",
    do_en="Upload .xlsx or .csv; save an old .xls as .xlsx first.",
)  # fmt: skip
LOCKED_FILE = define(
    "collect.password_protected", 422,
    zh="文件“{name}”设有打开密码，无法读取。", en="{name} is protected by a password.",
    do_zh="请在 Excel 中取消密码（文件→信息→保护工作簿）后重新上传。",
    do_en="Remove the password in Excel (File, Info, Protect Workbook) and upload again.",
)  # fmt: skip
DAMAGED = define(
    "collect.damaged", 422,
    zh="文件“{name}”已损坏或不完整：{what}。", en="{name} is damaged or incomplete: {what}.",
    do_zh="请用 Excel 打开后另存一份再上传；若打不开，请向提供人重新索取。",
    do_en="Open it in Excel, save a copy and upload that; else ask for the file again.",
)  # fmt: skip
ZIP_BOMB = define(
    "collect.zip_bomb", 422,
    zh="文件“{name}”解压后大得异常（{what}），已拒绝。", en="{name} unpacks abnormally large ({what}); refused.",
    do_zh="请检查文件来源；确为数据文件的，请另存为 CSV 后上传。",
    do_en="Check where it came from; save real data as CSV.",
)  # fmt: skip
TOO_WIDE = define(
    "collect.too_wide", 422,
    zh="“{name}”有 {found} 列，最多允许 {limit} 列。",
    en="{name} has {found} columns; at most {limit} are allowed.",
    do_zh="请下载模板，按模板的列填写。", do_en="Download the template and use its columns.",
)  # fmt: skip
TOO_LONG = define(
    "collect.too_long", 422,
    zh="“{name}”的数据量（{found}）超过 Excel 导入上限（{limit} 个单元格）。",
    en="{name} holds {found} cells; workbooks may hold {limit}.",
    do_zh="请另存为 CSV（UTF-8）后上传，CSV 没有这一限制。", do_en="Save it as CSV (UTF-8); CSV has no such limit.",
)  # fmt: skip
ENCODING = define(
    "collect.wrong_encoding", 422,
    zh="无法识别文件“{name}”的文字编码（{what}）。", en="The text encoding of {name} is not recognised ({what}).",
    do_zh="请用 Excel 另存为“CSV UTF-8”后重新上传。",
    do_en="Save it as 'CSV UTF-8' in Excel and upload again.",
)  # fmt: skip
NO_HEADER = define(
    "collect.no_header", 422,
    zh="“{name}”的第一行不是表头：没有找到“户编号”或“人编号”等字段名。",
    en="The first row of {name} is no heading: no known field name in it.",
    do_zh="请下载模板，保留第一行的字段名，从第二行起填写数据。",
    do_en="Download the template, keep its first row, fill in from the second.",
)  # fmt: skip
NO_KEY_COLUMN = define(
    "collect.no_key_column", 422,
    zh="“{name}”缺少“{column}”一列，无法对应到户或人。", en="{name} lacks the column {column}.",
    do_zh="请补上该列后重新上传。", do_en="Add the column and upload again.",
)  # fmt: skip
UNKNOWN_HEADER = define(
    "collect.unknown_header", 422,
    zh="“{name}”第 {column} 列的表头“{header}”不是登记库的字段{suggestion}。",
    en="{name}: the heading {header!r} of column {column} is no field{suggestion}.",
    do_zh="请改成模板中的字段名，或删除这一列。" + _AGAIN_ZH,
    do_en="Use the template's name for it, or delete the column. " + _AGAIN_EN,
)  # fmt: skip
DUPLICATE_HEADER = define(
    "collect.duplicate_header", 422,
    zh="“{name}”的表头“{header}”重复出现（第 {columns} 列）。",
    en="{name}: the heading {header!r} stands in columns {columns}.",
    do_zh="请只保留一列。" + _AGAIN_ZH, do_en="Keep one of them. " + _AGAIN_EN,
)  # fmt: skip
MERGED_HEADER = define(
    "collect.merged_header", 422,
    zh="“{name}”的表头有合并单元格（{cells}）。", en="{name}: heading cells are merged ({cells}).",
    do_zh="请取消合并，每列一个字段名。" + _AGAIN_ZH, do_en="Unmerge them, one name a column. " + _AGAIN_EN,
)  # fmt: skip
BLANK_HEADER = define(
    "collect.blank_header", 422,
    zh="“{name}”第 {column} 列有数据但没有表头。", en="{name}: column {column} has values and no heading.",
    do_zh="请补上字段名，或清空这一列。" + _AGAIN_ZH, do_en="Name it, or clear it. " + _AGAIN_EN,
)  # fmt: skip
TWICE = define(
    "collect.entity_twice", 422,
    zh="“{one}”和“{two}”都是{entity}，一次只能导入一份。", en="{one} and {two} both hold {entity}.",
    do_zh="请合并成一份，或分两次导入。", do_en="Merge them, or import one after the other.",
)  # fmt: skip
TOO_MUCH = define(
    "collect.too_much", 413,
    zh="“{name}”的数据量超过一次能处理的上限。", en="{name} holds more than can be checked at once.",
    do_zh="请按县分成几个文件，依次导入。", do_en="Split it by county and import one after the other.",
)  # fmt: skip
RAGGED = define(
    "collect.ragged", 422,
    zh="“{name}”有 {count} 行的列数与表头不同（如第 {row} 行有 {found} 列，应为 {expected} 列）。",
    en="{name}: {count} rows have another number of columns (row {row}: {found}, not {expected}).",
    do_zh="请检查这些行中多余或缺少的逗号、引号。" + _AGAIN_ZH,
    do_en="Look for missing or extra commas and quotes. " + _AGAIN_EN,
)  # fmt: skip
DISK_FULL = define(
    "collect.disk_full", 507,
    zh="服务器磁盘已满，导入未完成，登记库没有任何改动。", en="The disk is full; nothing was changed.",
    do_zh="请联系管理员清理磁盘后重试。", do_en="Ask your administrator to free some space, then try again.",
)  # fmt: skip
BATCH_NOT_FOUND = define(
    "collect.batch_not_found", 404,
    zh="没有找到导入批次 {batch}，或它不在您的管辖范围内。", en="Import {batch} is not there, or outside your area.",
    do_zh="请从批次列表进入。", do_en="Start from the list of imports.",
)  # fmt: skip
WRONG_STATE = define(
    "collect.wrong_state", 409,
    zh="批次 {batch} 当前状态为“{state}”，不能{action}。",
    en="Import {batch} is {state}: this cannot be done now.",
    do_zh="请刷新页面查看最新状态。", do_en="Reload the page to see its state.",
)  # fmt: skip
BUSY = define(
    "collect.busy", 409,
    zh="批次 {batch} 正在处理，请等待完成。", en="Import {batch} is being worked on.",
    do_zh="请等进度走完再操作。", do_en="Wait until it is done.",
)  # fmt: skip
HAS_REFUSED = define(
    "collect.has_refused", 409,
    zh="该批次有 {count} 行未通过校验，不能全部导入。",
    en="{count} rows were refused; it cannot be applied as a whole.",
    do_zh="请下载标注错误的文件，更正后重新上传；或勾选“只导入通过校验的行”。",
    do_en="Download the marked file, correct it and upload again; or tick 'valid rows only'.",
)  # fmt: skip
NOTHING_TO_APPLY = define(
    "collect.nothing_to_apply", 409,
    zh="该批次没有可导入的变化。", en="There is nothing to apply in this import.",
    do_zh="请核对文件内容，或取消该批次。", do_en="Check the file, or cancel the import.",
)  # fmt: skip
STALE = define(
    "collect.stale", 409,
    zh="预览之后登记库已有变化（涉及 {count} 行），为避免覆盖他人的修改，没有导入。",
    en="The registry changed since the preview ({count} rows); nothing was imported.",
    do_zh="预览已按最新数据刷新，请重新核对后再确认导入。",
    do_en="The preview was made anew; look again, then confirm.",
)  # fmt: skip
INTERRUPTED = define(
    "collect.interrupted", 500,
    zh="处理被中断（程序退出或停电），登记库没有任何改动。", en="The work was interrupted; nothing was changed.",
    do_zh="请重新上传文件。", do_en="Upload the file again.",
)  # fmt: skip
BAD_YEAR = define(
    "collect.bad_year", 422,
    zh="年度“{year}”不正确：应为 2013 至 {limit}。", en="{year} is no registration year (2013 to {limit}).",
    do_zh="请选择这批数据所属的登记年度。", do_en="Choose the registration year of the data.",
)  # fmt: skip
NO_FILE = define(
    "collect.no_file", 422,
    zh="没有选择文件。", en="No file was chosen.",
    do_zh="请选择 .xlsx 文件，或户信息、人员信息两个 .csv 文件。",
    do_en="Choose an .xlsx file, or two .csv files (households and persons).",
)  # fmt: skip
EXPIRED = define(
    "collect.expired", 410,
    zh="该批次的文件已按期限删除。", en="The files of this import were deleted on schedule.",
    do_zh="如需再次导入请重新上传。", do_en="Upload them again if needed.",
)  # fmt: skip
