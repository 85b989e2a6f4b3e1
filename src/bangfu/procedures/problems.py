"""What the procedures room refuses, said to people (kernel.problems)."""

from __future__ import annotations

from bangfu.kernel.problems import define

UNKNOWN_PROCEDURE = define(
    "procedures.unknown_procedure", 404,
    zh="政策包“{pack}”没有流程“{procedure}”。", en="Pack “{pack}” has no procedure “{procedure}”.",
    do_zh="可用的流程：{known}。", do_en="Known procedures: {known}.",
)  # fmt: skip
BATCH_NOT_FOUND = define(
    "procedures.batch_not_found", 404,
    zh="没有批次 {batch}，或不在您的辖区。", en="There is no batch {batch} in your region.",
    do_zh="从批次列表进入。", do_en="Open it from the list of batches.",
)  # fmt: skip
CASE_NOT_FOUND = define(
    "procedures.case_not_found", 404,
    zh="没有流程件 {case}，或不在您的辖区。", en="There is no case {case} in your region.",
    do_zh="从待办或批次进入。", do_en="Open it from the inbox or a batch.",
)  # fmt: skip
BATCH_EXISTS = define(
    "procedures.batch_exists", 409,
    zh="{year} 年度{calendar}已经下达。", en="The batch {calendar} of {year} has been opened already.",
    do_zh="在该批次中继续办理。", do_en="Go on in that batch.",
)  # fmt: skip
BATCH_CLOSED = define(
    "procedures.batch_closed", 409,
    zh="本批次已结束。", en="The batch is closed.",
    do_zh="在下一批次办理。", do_en="Use the next batch.",
)  # fmt: skip
BATCH_BUSY = define(
    "procedures.batch_busy", 409,
    zh="本批次还有 {count} 件在办，不能结束：{zh}。", en="{count} cases of the batch are open: {en}.",
    do_zh="这些件办结后再结束批次。", do_en="Close it once they have ended.",
)  # fmt: skip
BAD_REQUEST = define(
    "procedures.bad_request", 422,
    zh="办理信息有误：{what}。", en="Something is wrong: {what_en}.",
    do_zh="改正后再提交。", do_en="Correct it and send again.",
)  # fmt: skip
NOT_ENROLLED = define(
    "procedures.not_enrolled", 422,
    zh="{count} 个对象不能纳入，全部未纳入：{zh}",
    en="{count} subjects cannot be put in, so none was: {en}",
    do_zh="去掉这些对象后再纳入。", do_en="Leave them out and try again.",
)  # fmt: skip
REFUSED = define(
    "procedures.refused", 422,
    zh="不能办理：{zh}", en="It cannot be done: {en}",
    do_zh="补齐后再提交，已填内容不会丢失。", do_en="Supply what is missing and send again.",
)  # fmt: skip
REFUSED_MANY = define(
    "procedures.refused_many", 422,
    zh="{count} 件不能办理，全部未办：{zh}", en="{count} cases cannot be done, so none was: {en}",
    do_zh="去掉或补齐这些件后再提交。", do_en="Leave them out or supply what is missing.",
)  # fmt: skip
CHANGED_MEANWHILE = define(
    "procedures.changed_meanwhile", 409,
    zh="{who}已于 {at} 先办理了“{title}”（{step}），您的办理未保存。",
    en="{who} has already acted on “{title}” ({step}) at {at}; yours was not saved.",
    do_zh="看过最新情况后再决定是否办理。", do_en="Look at the case as it is now, then decide.",
)  # fmt: skip
EVIDENCE_UNKNOWN = define(
    "procedures.evidence_unknown", 422,
    zh="所附材料不在系统中，或不在您的辖区。", en="The evidence named is not kept here.",
    do_zh="重新上传材料。", do_en="Upload it again.",
)  # fmt: skip
NOTHING_TO_DRAW = define(
    "procedures.nothing_to_draw", 422,
    zh="没有可抽取的件，或没有另一个乡镇可以交叉抽验。",
    en="There is nothing to draw from, or no other township to cross-check.",
    do_zh="等有件到本步后再抽取。", do_en="Wait until cases stand at this step.",
)  # fmt: skip
