"""What the room refuses."""

from bangfu.kernel.problems import define

NO_RIGHT = define(
    "access.no_right", 403,
    zh="您的角色（{role}）没有“{right}”的权限。", en="Your role ({role}) may not: {right}.",
    do_zh="如工作需要，请联系本级管理员调整角色。", do_en="Ask your administrator to change your role.",
)  # fmt: skip
OUT_OF_SCOPE = define(
    "access.out_of_scope", 404,
    zh="没有找到该对象，或它不在您的管辖范围内。", en="Not found, or outside your area.",
    do_zh="请核对编号；跨区域的信息请联系上级扶贫办查询。",
    do_en="Check the number; ask the office above for other areas.",
)  # fmt: skip
NO_KEY = define(
    "access.no_key", 500,
    zh="没有数据密钥：环境变量 BANGFU_KEY 未设置。", en="No data key: BANGFU_KEY is not set.",
    do_zh="请设置 BANGFU_KEY（不少于 32 个字符），或用 make demo 自动生成演示密钥。",
    do_en="Set BANGFU_KEY (32 characters or more); make demo makes one of its own.",
)  # fmt: skip
WRONG_KEY = define(
    "access.wrong_key", 500,
    zh="数据密钥与数据不符，无法解密个人信息。", en="The data key does not fit the data.",
    do_zh="请恢复写入这些数据时使用的 BANGFU_KEY。", do_en="Restore the key the data was written with.",
)  # fmt: skip
BAD_ACCOUNT = define(
    "access.bad_account", 422,
    zh="用户信息有误：{what}。", en="The account is not right: {what}.",
    do_zh="请按提示更正后重新保存。", do_en="Correct it and save again.",
)  # fmt: skip
NO_REASON = define(
    "access.reveal_needs_reason", 422,
    zh="查看完整个人信息须填写理由。", en="A reason is needed to reveal personal data.",
    do_zh="请写明用途，例如“核对低保发放名单”。", do_en="Say what it is needed for.",
)  # fmt: skip
SIGN_IN_FAILED = define(
    "access.sign_in_failed", 401,
    zh="用户名或密码不正确。", en="Wrong user name or password.",
    do_zh="请重新输入；连续 {limit} 次错误将锁定 {minutes} 分钟。",
    do_en="Try again; {limit} failures lock the account for {minutes} minutes.",
)  # fmt: skip
LOCKED = define(
    "access.locked", 429,
    zh="该账号因多次输错密码已暂时锁定。", en="This account is locked for now.",
    do_zh="请 {minutes} 分钟后再试，或联系管理员解锁。", do_en="Wait {minutes} minutes or ask your administrator.",
)  # fmt: skip
ADDRESS_LOCKED = define(
    "access.address_locked", 429,
    zh="从这台电脑（或同一网络）登录失败的次数过多，暂停登录。",
    en="Too many failed sign-ins from this address; signing in is paused.",
    do_zh="请 {minutes} 分钟后再试；忘记密码请联系管理员重置。",
    do_en="Wait {minutes} minutes; ask your administrator to reset a forgotten password.",
)  # fmt: skip
BAD_TOKEN = define(
    "access.bad_token", 401,
    zh="接口令牌无效或已过期。", en="The token is not valid or has expired.",
    do_zh="请在“我的账号”中重新生成令牌。", do_en="Make a new one under My account.",
)  # fmt: skip
GRANT_OVER = define(
    "access.grant_over", 403,
    zh="您的临时授权还没有开始、已经到期或已被收回。", en="Your temporary access is not in force today.",
    do_zh="请联系聘请评估组的扶贫办或督查室。", do_en="Ask the office that engaged the team.",
)  # fmt: skip
BAD_GRANT = define(
    "access.bad_grant", 422,
    zh="临时授权有误：{what}。", en="The temporary access is not right: {what_en}.",
    do_zh="改正后重新提交。", do_en="Correct it and send again.",
)  # fmt: skip
