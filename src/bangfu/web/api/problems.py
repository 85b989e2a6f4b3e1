"""What the API itself refuses, before any room is asked."""

from bangfu.kernel.problems import define

TOKEN_NEEDED = define(
    "web.token_needed", 401,
    zh="请求没有带接口令牌。", en="The request carries no token.",
    do_zh="请在请求头中加入 Authorization: Bearer 令牌；令牌在“我的账号”中生成。",
    do_en="Send the header Authorization: Bearer TOKEN; make a token under My account.",
)  # fmt: skip
PASSWORD_FIRST = define(
    "web.password_first", 403,
    zh="该账号须先修改初始密码。", en="This account must first replace its first password.",
    do_zh="请在网页登录并修改密码后再使用接口。", do_en="Sign in on the web and change it.",
)  # fmt: skip
BAD_PARAMETER = define(
    "web.bad_parameter", 422,
    zh="参数有误：{what}。", en="A parameter is not right: {what}.",
    do_zh="请对照接口文档 /api/v1/docs 更正。", do_en="See the documentation at /api/v1/docs.",
)  # fmt: skip
TOO_MANY = define(
    "web.too_many_requests", 429,
    zh="请求过于频繁：每个账号每分钟最多 {limit} 次。",
    en="Too many requests: {limit} a minute for one account.",
    do_zh="请一分钟后再试，或减少请求、增大每页条数。",
    do_en="Wait a minute; ask for larger pages.",
)  # fmt: skip
