"""Every setting, declared once: name, type, default, help. Read from the environment.

`settings.py` reads it at the start. A `BANGFU_*` name that is not declared here, or a
value of the wrong type, stops the start and says so, because a misspelt setting that is
silently ignored is found only when it matters.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from bangfu.config.problems import UNKNOWN_SETTING, WRONG_SETTING

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def _key(text: str) -> str:
    if text and len(text.strip()) < 32:
        raise ValueError
    return text.strip()


def _switch(text: str) -> bool:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise ValueError


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise ValueError
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _path(text: str) -> Path:
    if not text.strip():
        raise ValueError
    return Path(text).expanduser().absolute()


def _words(text: str) -> tuple[str, ...]:
    return tuple(w.strip() for w in text.split(",") if w.strip())


def _language(text: str) -> str:
    return {"zh": "zh", "zh-hans": "zh", "zh-cn": "zh", "en": "en"}[text.lower()]


def _level(text: str) -> str:
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError
    return text.upper()


def _url(text: str) -> str:
    if text and not text.startswith(("postgresql://", "postgres://")):
        raise ValueError
    return text


def _scan(text: str) -> str:
    where = text.removeprefix("clamd:") if text.startswith("clamd:") else ""
    if where and not where.startswith("/"):
        _port(where.rpartition(":")[2])
    return text.strip()


def _setting(name: str, read: Callable[[str], Any], default: Any, expected: str, help: str) -> Any:
    about = {"name": name, "read": read, "expected": expected, "help": help}
    return field(default=default, metadata=about)


@dataclass(frozen=True)
class Environment:
    """The settings of one process. `Environment.read()` makes it; `describe()` lists them."""

    database_url: str = _setting(
        "DATABASE_URL", _url, "", "postgresql://…",
        "an existing PostgreSQL server; empty: the embedded one under BANGFU_VAR",
    )  # fmt: skip
    var: Path = _setting(
        "BANGFU_VAR", _path, Path("var").absolute(), "a directory",
        "where data lives: database, lake, uploads, keys",
    )  # fmt: skip
    key: str = _setting(
        "BANGFU_KEY", _key, "", "a secret text of 32 characters or more",
        "key for protected fields and sessions; empty: the file `key` under BANGFU_VAR",
    )  # fmt: skip
    host: str = _setting("BANGFU_HOST", str, "127.0.0.1", "an address", "address to serve on")
    port: int = _setting("PORT", _port, 8000, "1–65535", "port to serve on")
    threads: int = _setting("BANGFU_THREADS", _positive, 8, "a count", "web server threads")
    hosts: tuple[str, ...] = _setting(
        "BANGFU_ALLOWED_HOSTS", _words, ("127.0.0.1", "localhost", "[::1]"), "names, by comma",
        "host names the site answers to",
    )  # fmt: skip
    https: bool = _setting(
        "BANGFU_HTTPS", _switch, False, "1 or 0", "the site is reached by https: secure cookies"
    )
    debug: bool = _setting("BANGFU_DEBUG", _switch, False, "1 or 0", "show tracebacks on pages")
    language: str = _setting("BANGFU_LANG", _language, "zh", "zh or en", "default language")
    log_level: str = _setting(
        "BANGFU_LOG_LEVEL", _level, "INFO", "DEBUG, INFO, WARNING or ERROR", "how much to log"
    )
    tiles: str = _setting(
        "BANGFU_TILES", str, "", "a URL with {z}/{x}/{y}", "base map tiles; empty: none"
    )
    scan: str = _setting(
        "BANGFU_SCAN", _scan, "", "clamd:/path, clamd:host:port, or a command",
        "virus scanner for uploaded evidence; empty: not scanned",
    )  # fmt: skip
    persons: int = _setting(
        "PERSONS", _positive, 20000, "a count", "persons in the demo city of `make demo`"
    )

    @classmethod
    def read(cls, source: Mapping[str, str] | None = None) -> Environment:
        """Settings from `source` (default: the process's environment).

        Raises Problem `config.unknown_setting` or `config.wrong_setting`.
        """
        source = os.environ if source is None else source
        known = {f.metadata["name"]: f for f in fields(cls)}
        for name in source:
            if name.startswith("BANGFU_") and name not in known:
                raise UNKNOWN_SETTING(name=name, known="、".join(sorted(known)))
        values: dict[str, Any] = {}
        for name, declared in known.items():
            if name not in source:
                continue
            about, text = declared.metadata, source[name]
            if text == "" and name in {"PORT", "PERSONS"}:
                continue  # `make` passes an empty one when it is not given
            try:
                values[declared.name] = about["read"](text)
            except (ValueError, KeyError):
                raise WRONG_SETTING(
                    name=name,
                    value="…" if name == "BANGFU_KEY" else text,
                    expected=about["expected"],
                    help=about["help"],
                ) from None
        return cls(**values)

    def secret(self) -> str:
        """The data key: BANGFU_KEY, else the file `key` under BANGFU_VAR, else empty."""
        if self.key:
            return self.key
        try:
            return self.key_file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return ""

    @property
    def key_file(self) -> Path:
        """Where `bangfu key` and the demo keep a key of their own."""
        return self.var / "key"


def describe() -> list[tuple[str, str, str, str]]:
    """(name, default, expected, help) of every setting, in order."""
    return [
        (f.metadata["name"], str(f.default), f.metadata["expected"], f.metadata["help"])
        for f in fields(Environment)
    ]
