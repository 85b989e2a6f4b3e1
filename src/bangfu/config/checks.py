"""The platform's own health checks, shown by `bangfu doctor`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import psutil

from bangfu.config import bootstrap
from bangfu.kernel.health import Finding, bad, check, ok, warn
from bangfu.kernel.problems import Problem

_GIGABYTE = 1024**3
_FONT_HINTS = ("NotoSansCJK", "NotoSerifCJK", "SourceHanSans", "wqy-", "SimSun", "simsun")


def load_rooms() -> None:
    """Import `checks.py` of every room that has one, so that its checks are declared."""
    package = Path(__file__).resolve().parents[1]
    for room in sorted(p.name for p in package.iterdir() if (p / "checks.py").exists()):
        if room != "config" and find_spec(f"bangfu.{room}.checks"):
            import_module(f"bangfu.{room}.checks")


@check("数据库", "Database")
def database() -> Finding:
    from django.db import DatabaseError, connection

    try:
        bootstrap.ensure_database()
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            version = int(cursor.fetchone()[0]) // 10000
    except Problem as fault:
        return bad(fault.message("zh"), fault.message("en"), fault.advice("zh"), fault.advice("en"))
    except DatabaseError as fault:
        return bad(
            f"连接不上：{fault}", f"cannot be reached: {fault}",
            "检查 DATABASE_URL 和数据库服务。", "Check DATABASE_URL and the server.",
        )  # fmt: skip
    if version < 16:
        return bad(
            f"PostgreSQL {version}，需要 16 或更高版本", f"PostgreSQL {version}, needs 16 or later",
            "升级数据库，或清空 DATABASE_URL 使用内置数据库。",
            "Upgrade it, or empty DATABASE_URL to use the embedded one.",
        )  # fmt: skip
    return ok(f"PostgreSQL {version}", f"PostgreSQL {version}")


@check("数据库结构", "Migrations")
def migrations() -> Finding:
    waiting = bootstrap.waiting_migrations()
    if waiting:
        return bad(
            f"有 {len(waiting)} 项没有更新", f"{len(waiting)} not applied",
            "运行 bangfu migrate。", "Run `bangfu migrate`.",
        )  # fmt: skip
    return ok("已是最新", "up to date")


@check("数据密钥", "Data key")
def data_key() -> Finding:
    from django.conf import settings

    if not settings.BANGFU_KEY:
        return bad(
            "没有设置", "not set",
            "设置 BANGFU_KEY，或运行 bangfu key。", "Set BANGFU_KEY, or run `bangfu key`.",
        )  # fmt: skip
    file = settings.ENV.key_file
    if not settings.ENV.key and file.stat().st_mode & 0o077:
        return warn(
            f"文件 {file} 其他用户可以读取", f"other users can read {file}",
            f"运行 chmod 600 {file}。", f"Run `chmod 600 {file}`.",
        )  # fmt: skip
    return ok("已设置", "set")


@check("数据目录", "Data directory")
def lake_writable() -> Finding:
    from django.conf import settings

    lake = settings.BANGFU_VAR / "lake"
    try:
        lake.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=lake) as probe:
            probe.write(b"bangfu")
    except OSError as fault:
        return bad(
            f"{lake} 不能写入：{fault.strerror}", f"{lake} cannot be written: {fault.strerror}",
            "检查目录的属主和磁盘，或用 BANGFU_VAR 换一个目录。",
            "Check its owner and the disk, or set BANGFU_VAR to another directory.",
        )  # fmt: skip
    return ok(f"{lake} 可写", f"{lake} is writable")


@check("前端文件", "Front-end build")
def front_end() -> Finding:
    built = Path(__file__).resolve().parents[1] / "web" / "static" / "dist"
    files = [p for p in built.rglob("*") if p.suffix in {".js", ".css"}]
    if not files:
        return bad("没有生成", "not built", "运行 make setup。", "Run `make setup`.")
    return ok(f"{len(files)} 个文件", f"{len(files)} files")


@check("中文字体", "Chinese fonts")
def fonts() -> Finding:
    found = _font_from_fontconfig() or _font_from_folders()
    if found is None:
        return warn(
            "没有找到", "none found",
            "在本机打印或导出图片前安装：apt-get install fonts-noto-cjk。",
            "Before printing on this machine: apt-get install fonts-noto-cjk.",
        )  # fmt: skip
    return ok(found, found)


def _font_from_fontconfig() -> str | None:
    if not shutil.which("fc-list"):
        return None
    told = subprocess.run(
        ["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, check=False
    )
    lines = sorted(told.stdout.splitlines())
    return lines[0].split(",")[0] if lines else None


def _font_from_folders() -> str | None:
    roots = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts"]
    for root in roots:
        for _folder, _subs, names in os.walk(root):
            for name in names:
                if name.startswith(_FONT_HINTS):
                    return name
    return None


@check("浏览器（仅测试用）", "Browser (tests only)")
def browser() -> Finding:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        return warn(
            "没有找到 chromium，浏览器测试将跳过", "no chromium, browser tests are skipped",
            "apt-get install chromium", "apt-get install chromium",
        )  # fmt: skip
    return ok(found, found)


@check("磁盘剩余空间", "Free disk")
def disk() -> Finding:
    from django.conf import settings

    here = settings.BANGFU_VAR
    while not here.exists():
        here = here.parent
    free = shutil.disk_usage(here).free / _GIGABYTE
    shown = f"{free:.1f} GiB"
    if free < 1:
        return bad(shown, shown, "立即清理磁盘或换到更大的磁盘。", "Free some space now.")
    if free < 10:
        return warn(shown, shown, "一个地级市约需 10 GiB。", "A city needs about 10 GiB.")
    return ok(shown, shown)


@check("内存", "Memory")
def memory() -> Finding:
    told = psutil.virtual_memory()
    shown = f"{told.available / _GIGABYTE:.1f} / {told.total / _GIGABYTE:.1f} GiB"
    if told.available < 1.5 * _GIGABYTE:
        return warn(
            shown, shown,
            "评估百万人口需要约 1.2 GiB，请关闭其他程序。",
            "Evaluating a million persons takes about 1.2 GiB; close other programs.",
        )  # fmt: skip
    return ok(shown, shown)
