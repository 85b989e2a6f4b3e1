"""What the web itself refuses, before any room is asked."""

from bangfu.kernel.problems import define

NOT_FOUND = define(
    "web.not_found", 404,
    zh="没有这个页面。", en="There is no such page.",
    do_zh="请检查网址，或从左侧菜单进入。", do_en="Check the address, or start from the menu.",
)  # fmt: skip
BAD_REQUEST = define(
    "web.bad_request", 400,
    zh="请求内容有误：{what}。", en="The request is not right: {what}.",
    do_zh="请返回上一页，按页面提示重新填写。", do_en="Go back and fill the page in again.",
)  # fmt: skip
STALE_FORM = define(
    "web.stale_form", 403,
    zh="页面已过期，为保护数据安全未执行此操作。", en="This page has expired; nothing was done.",
    do_zh="请刷新页面后重试；若浏览器禁用了 Cookie，请先启用。",
    do_en="Reload the page and try again; cookies must be enabled.",
)  # fmt: skip
WRONG_METHOD = define(
    "web.wrong_method", 405,
    zh="该地址不支持这种操作（{method}）。", en="This address does not accept {method}.",
    do_zh="请从页面上的按钮进行操作。", do_en="Use the buttons on the page.",
)  # fmt: skip
NOT_SIGNED_IN = define(
    "web.not_signed_in", 401,
    zh="您尚未登录，或登录已超时。", en="You are not signed in, or your session has ended.",
    do_zh="请重新登录后继续。", do_en="Sign in to go on.",
)  # fmt: skip
FAULT = define(
    "web.fault", 500,
    zh="系统出现意外错误，操作未完成，数据未改动。", en="Something broke; nothing was changed.",
    do_zh="请稍后重试；仍不行请把错误编号 {number} 告诉管理员。",
    do_en="Try again later; if it stays, tell your administrator number {number}.",
)  # fmt: skip
FILE_GONE = define(
    "web.file_gone", 404,
    zh="文件已过期清理，或任务没有产生文件。", en="The file has been cleared, or none was made.",
    do_zh="请重新发起导出。", do_en="Export it again.",
)  # fmt: skip
