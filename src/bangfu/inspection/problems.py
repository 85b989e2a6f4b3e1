"""What the room refuses."""

from bangfu.kernel.problems import define

PLAN_NOT_FOUND = define(
    "inspection.plan_not_found", 404,
    zh="没有督查抽查 {plan}，或不在您的辖区。", en="There is no inspection {plan} in your region.",
    do_zh="从督查抽查列表进入。", do_en="Open it from the list of inspections.",
)  # fmt: skip
CHECK_NOT_FOUND = define(
    "inspection.check_not_found", 404,
    zh="没有抽中 {check}，或不属于您的核查范围。", en="{check} is not in your sample.",
    do_zh="从“我的核查”进入。", do_en="Open it from My checks.",
)  # fmt: skip
ORDER_NOT_FOUND = define(
    "inspection.order_not_found", 404,
    zh="没有整改通知 {order}，或不在您的辖区。", en="There is no order {order} in your region.",
    do_zh="从整改通知列表进入。", do_en="Open it from the list of orders.",
)  # fmt: skip
BAD_REQUEST = define(
    "inspection.bad_request", 422,
    zh="填写有误：{what}。", en="Something is wrong: {what_en}.",
    do_zh="改正后再提交。", do_en="Correct it and send again.",
)  # fmt: skip
NO_FORM = define(
    "inspection.no_form", 422,
    zh="政策包“{pack}”没有“{subject}”的核查表。", en="Pack “{pack}” has no form to check a {subject}.",
    do_zh="在政策包的 inspections.yaml 中补上核查表。", do_en="Add one to the pack's inspections.yaml.",
)  # fmt: skip
NOTHING_TO_DRAW = define(
    "inspection.nothing_to_draw", 422,
    zh="本批次在您的辖区内没有符合条件的件，不能抽样。",
    en="No case of this batch in your region can be drawn.",
    do_zh="换一个批次，或放宽“已办步骤”。", do_en="Choose another batch or a wider condition.",
)  # fmt: skip
NOT_YOURS = define(
    "inspection.not_yours", 403,
    zh="这一步不归您办理：{what}。", en="This is not yours to do: {what_en}.",
    do_zh="由责任单位答复，由上级或督查人员验收。",
    do_en="Whoever is named answers; the level above or an inspector accepts.",
)  # fmt: skip
MOVED = define(
    "inspection.order_moved", 409,
    zh="整改通知的状态已经变化，您的办理未保存。", en="The order has changed; yours was not saved.",
    do_zh="看过最新情况后再办理。", do_en="Look at it as it is now, then decide.",
)  # fmt: skip
