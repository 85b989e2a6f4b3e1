"""What the set-up refuses: wrong settings, a database that does not start, a taken port."""

from __future__ import annotations

from bangfu.kernel.problems import define

UNKNOWN_SETTING = define(
    "config.unknown_setting",
    500,
    zh="没有名为 {name} 的设置。",
    en="There is no setting named {name}.",
    do_zh="请检查拼写。可用的设置：{known}。",
    do_en="Check the spelling. Known settings: {known}.",
)
WRONG_SETTING = define(
    "config.wrong_setting",
    500,
    zh="设置 {name} 的值 {value!r} 不正确：应为{expected}。",
    en="Setting {name} has the wrong value {value!r}: expected {expected}.",
    do_zh="请改正环境变量 {name}（{help}）后重新启动。",
    do_en="Correct the environment variable {name} ({help}) and start again.",
)
POSTGRES_MISSING = define(
    "config.postgres_missing",
    500,
    zh="没有找到内置的 PostgreSQL 程序。",
    en="The embedded PostgreSQL programs were not found.",
    do_zh="请运行 make setup 重新安装，或把 DATABASE_URL 指向一台现有的 PostgreSQL 服务器。",
    do_en="Run `make setup` again, or point DATABASE_URL at a PostgreSQL server.",
)
POSTGRES_FAILED = define(
    "config.postgres_failed",
    503,
    zh="内置数据库没有启动：{reason}",
    en="The embedded database did not start: {reason}",
    do_zh="请查看日志 {log}；检查磁盘空间后再试一次，或用 DATABASE_URL 指定其他服务器。",
    do_en="See the log {log}; check free disk and try again, or set DATABASE_URL.",
)
POSTGRES_OTHER_VERSION = define(
    "config.postgres_other_version",
    500,
    zh="目录 {path} 中的数据库是 PostgreSQL {found}，本程序自带的是 {wanted}。",
    en="The database in {path} is PostgreSQL {found}; this program ships {wanted}.",
    do_zh="请用原来版本的程序执行 bangfu backup，再用本版本执行 bangfu restore。",
    do_en="Run `bangfu backup` with the version that made it, then `bangfu restore` with this one.",
)
POSTGRES_FOREIGN = define(
    "config.postgres_foreign",
    500,
    zh="目录 {path} 属于用户 {owner}，当前用户 {user} 不能使用。",
    en="The directory {path} belongs to {owner}; the current user {user} cannot use it.",
    do_zh="请以 {owner} 身份运行，或用 BANGFU_VAR 指定自己的目录。",
    do_en="Run as {owner}, or set BANGFU_VAR to a directory of your own.",
)
DATABASE_UNREACHABLE = define(
    "config.database_unreachable",
    503,
    zh="连接不上数据库：{reason}",
    en="The database cannot be reached: {reason}",
    do_zh="请检查 DATABASE_URL 和数据库服务是否运行，然后运行 bangfu doctor。",
    do_en="Check DATABASE_URL and that the server runs, then run `bangfu doctor`.",
)
PORT_TAKEN = define(
    "config.port_taken",
    500,
    zh="端口 {host}:{port} 已被占用。",
    en="Port {host}:{port} is already in use.",
    do_zh="请停止占用它的程序，或换一个端口，例如 PORT={other} make demo。",
    do_en="Stop the program that uses it, or take another port, e.g. PORT={other} make demo.",
)
NOT_MIGRATED = define(
    "config.not_migrated",
    500,
    zh="数据库结构还没有更新（{count} 项）。",
    en="The database is not up to date ({count} migrations).",
    do_zh="请运行 bangfu migrate。",
    do_en="Run `bangfu migrate`.",
)
BACKUP_UNREADABLE = define(
    "config.backup_unreadable",
    400,
    zh="备份文件 {path} 不能使用：{reason}",
    en="The backup {path} cannot be used: {reason}",
    do_zh="请换一份完整的备份。现有数据没有改动。",
    do_en="Use a complete backup. Nothing was changed.",
)
BACKUP_FAILED = define(
    "config.backup_failed",
    500,
    zh="备份或恢复没有完成：{reason}",
    en="Backup or restore did not finish: {reason}",
    do_zh="请检查磁盘空间和数据库连接后再试一次。",
    do_en="Check free disk and the database connection, then try again.",
)
RESTORE_NOT_EMPTY = define(
    "config.restore_not_empty",
    409,
    zh="数据库里已有数据，恢复会把它全部替换。",
    en="The database holds data; restoring replaces all of it.",
    do_zh="请先运行 bangfu backup 留底，确认后加 --replace 再执行。",
    do_en="Keep a copy with `bangfu backup`, then run again with --replace.",
)
DISK_FULL = define(
    "config.disk_full",
    507,
    zh="磁盘空间不足（{path}）。",
    en="The disk is full ({path}).",
    do_zh="请清理磁盘后重新执行；没有完成的操作不会留下一半的结果。",
    do_en="Free some space and run again; what did not finish left no half result.",
)
BACKUP_OTHER_KEY = define(
    "config.backup_other_key",
    409,
    zh="备份 {path} 是用另一个数据密钥写的，恢复后身份证号等信息将无法读取。",
    en="The backup {path} was written with another data key; protected fields could not be read.",
    do_zh="请先把 BANGFU_KEY 设为备份时的密钥。现有数据没有改动。",
    do_en="Set BANGFU_KEY to the key of that time first. Nothing was changed.",
)
NOT_A_DEMO = define(
    "config.not_a_demo",
    409,
    zh="数据库 {database} 里已有不是演示生成的数据。",
    en="The database {database} holds data that is no demo's.",
    do_zh="演示请换一个数据目录，例如 BANGFU_VAR=./var-demo make demo。",
    do_en="For a demo take another directory, e.g. BANGFU_VAR=./var-demo make demo.",
)
