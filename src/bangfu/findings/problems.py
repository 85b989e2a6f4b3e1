"""What the room refuses."""

from bangfu.kernel.problems import define

RUN_NOT_FOUND = define(
    "findings.run_not_found", 404,
    zh="没有编号为 {run} 的评估，或它不在您的管辖范围内。",
    en="There is no run {run}, or it is outside your area.",
    do_zh="请从评估任务列表进入。", do_en="Start from the list of runs.",
)  # fmt: skip
NO_RUN = define(
    "findings.no_run", 404,
    zh="还没有完成的评估，没有认定结果可看。", en="No evaluation has been completed yet.",
    do_zh="请在“评估任务”中发起评估，或请县扶贫办发起。",
    do_en="Start an evaluation, or ask the county office to.",
)  # fmt: skip
UNKNOWN_RULE = define(
    "findings.unknown_rule", 404,
    zh="当前评估中没有规则 {rule}，或它不属于您部门的职责。",
    en="The current run has no rule {rule}, or it is not your department's.",
    do_zh="请从认定结果页面选择。", do_en="Choose one on the findings page.",
)  # fmt: skip
ALREADY_RUNNING = define(
    "findings.already_running", 409,
    zh="已有一次评估正在进行（编号 {run}，由 {by} 发起）。",
    en="Run {run}, started by {by}, is under way.",
    do_zh="请等它结束后再发起；它会用到它开始时已保存的全部数据。",
    do_en="Wait until it ends; it uses all data saved when it began.",
)  # fmt: skip
NOT_YOURS_TO_CHOOSE = define(
    "findings.not_yours_to_choose", 403,
    zh="更换期次、判定日期或政策包须由市级发起。",
    en="Another period, day or pack is for the city to choose.",
    do_zh="您可以按当前设置重新评估；需要更换请联系市扶贫办。",
    do_en="Re-evaluate with the present settings, or ask the city office.",
)  # fmt: skip
BAD_REQUEST = define(
    "findings.bad_request", 422,
    zh="{what}。", en="{what}.",
    do_zh="请更正后重新发起。", do_en="Correct it and start again.",
)  # fmt: skip
RUN_LOST = define(
    "findings.run_lost", 500,
    zh="执行这次评估的程序已中断，没有产生结果。", en="The process of this run was cut off.",
    do_zh="原有结果不受影响；请重新发起评估。", do_en="Earlier findings stand; start it again.",
)  # fmt: skip
RUN_CLOSED = define(
    "findings.run_closed", 409,
    zh="这次评估已经结束，不能取消。", en="This run has ended and cannot be stopped.",
    do_zh="请刷新页面。", do_en="Reload the page.",
)  # fmt: skip
FILES_GONE = define(
    "findings.files_gone", 410,
    zh="这次评估的结果文件已不在：{path}。", en="This run's files are gone: {path}.",
    do_zh="请从备份恢复，或用同一快照重新评估。", do_en="Restore them, or evaluate again.",
)  # fmt: skip
DISK_FULL = define(
    "findings.disk_full", 507,
    zh="磁盘已满，评估没有完成。", en="The disk is full; the run was not completed.",
    do_zh="原有结果不受影响；请清理磁盘后重新发起评估。",
    do_en="Earlier findings stand; make room and start it again.",
)  # fmt: skip
FINDINGS_DAMAGED = define(
    "findings.damaged", 500,
    zh="评估结果文件缺少 {what}，未装载。", en="The findings lack {what}; nothing was loaded.",
    do_zh="原有结果不受影响；请重新发起评估。", do_en="Earlier findings stand; start it again.",
)  # fmt: skip
TOO_MANY = define(
    "findings.too_many", 422,
    zh="待采集信息涉及的农户超过 {limit} 户，一个工作簿装不下。",
    en="More than {limit} households lack something: too many for one workbook.",
    do_zh="请先选择乡镇或村，或只选一个字段。", do_en="Choose a township, a village, or one field.",
)  # fmt: skip
UNKNOWN_GROUP = define(
    "findings.unknown_group", 404,
    zh="当前政策包没有重叠组 {group}，或它与您部门的职责无关。",
    en="The current pack has no group {group}, or it is not your department's.",
    do_zh="请从重复享受页面选择。", do_en="Choose one on the page of double claims.",
)  # fmt: skip
UNKNOWN_CLAUSE = define(
    "findings.unknown_clause", 404,
    zh="政策包 {pack} 没有条款 {rule}。", en="Pack {pack} has no clause {rule}.",
    do_zh="请从政策库查找。", do_en="Look for it in the policy library.",
)  # fmt: skip
SCENARIO_NOT_FOUND = define(
    "findings.scenario_not_found", 404,
    zh="没有编号为 {scenario} 的政策模拟，或它不在您的管辖范围内。",
    en="There is no simulation {scenario}, or it is outside your area.",
    do_zh="请从政策模拟列表进入。", do_en="Start from the list of simulations.",
)  # fmt: skip
SCENARIO_INVALID = define(
    "findings.scenario_invalid", 422,
    zh="{what}。", en="{what}.",
    do_zh="请更正后再提交。", do_en="Correct it and submit again.",
)  # fmt: skip
SCENARIO_OPEN = define(
    "findings.scenario_open", 409,
    zh="模拟“{name}”还没有算完，没有结果可看。", en="Simulation “{name}” has not been computed yet.",
    do_zh="请等它完成，或重新提交。", do_en="Wait until it is done, or submit it again.",
)  # fmt: skip
SNAPSHOT_MISSING = define(
    "findings.snapshot_missing", 404,
    zh="没有快照 {snapshot}，或它的文件已不在。", en="There is no snapshot {snapshot}, or its files are gone.",
    do_zh="从列表中选择另一个快照，或先评估一次以生成快照。",
    do_en="Choose another snapshot, or evaluate once to take one.",
)  # fmt: skip
SCENARIOS_DIFFER = define(
    "findings.scenarios_differ", 422,
    zh="选中的模拟不能并排比较：{what}。", en="These simulations cannot be compared: {what}.",
    do_zh="选择2至6个已完成、同一快照的模拟。", do_en="Choose 2 to 6 finished ones of one snapshot.",
)  # fmt: skip
