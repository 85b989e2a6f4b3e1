"""What the demo city refuses."""

from __future__ import annotations

from bangfu.kernel.problems import define

TOO_SMALL = define(
    "demo.too_small",
    422,
    zh="演示城市人数太少：{persons}",
    en="The demo city is too small: {persons} persons",
    do_zh="请至少生成 {least} 人。",
    do_en="Ask for at least {least} persons.",
)
BAD_SEED = define(
    "demo.bad_seed",
    422,
    zh="随机种子不能为负数：{seed}",
    en="The seed may not be negative: {seed}",
    do_zh="请使用 0 或正整数。",
    do_en="Use zero or a positive whole number.",
)
FORMAT_UNKNOWN = define(
    "demo.format_unknown",
    422,
    zh="不支持的输出格式：{format}",
    en="Unknown output format: {format}",
    do_zh="请使用 snapshot、csv 或 xlsx。",
    do_en="Use snapshot, csv or xlsx.",
)
TOO_LARGE_FOR_WORKBOOK = define(
    "demo.too_large_for_workbook",
    422,
    zh="Excel 工作簿最多写 {most} 人，请求了 {persons} 人",
    en="A workbook takes at most {most} persons, {persons} were asked for",
    do_zh="请减少人数，或改用 --format csv。",
    do_en="Ask for fewer, or use --format csv.",
)
REGISTRY_NOT_EMPTY = define(
    "demo.registry_not_empty",
    409,
    zh="登记库中已有农户，不能装入演示城市。",
    en="The registry holds households already; the demo city is not loaded over them.",
    do_zh="请换一个空的数据库，或另设 BANGFU_VAR 目录。",
    do_en="Use an empty database, or another BANGFU_VAR directory.",
)
