"""Nationalities as they are written in files: '壮族', '壮' and '08' all mean 08."""

from __future__ import annotations

from bangfu.dictionary.nations import NAMES

NATIONS: dict[str, str] = {}
for _code, _name in NAMES.items():
    NATIONS |= {_code: _code, str(int(_code)): _code, _name: _code, _name + "族": _code}
