"""Expression text to a sqlglot tree. Only shape here; meaning is the binder's.

Two liberties over SQL, both taken on tokens and never on text: `any(member where …)` takes
a condition, and every called name becomes `fn_name` so that sqlglot gives no function a
meaning of its own: the binder's table is the only one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from bangfu.policy.reasons import Refused

_LONGEST = 4000
_DEEPEST = 60
_WORD = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_NOT_CALLED = frozenset(
    ("and", "or", "not", "in", "between", "is", "then", "when", "else", "case", "where")
)


@lru_cache(maxsize=8192)
def parse(text: str) -> exp.Expression:
    """One scalar expression. Raises Refused (empty, syntax, too_deep, forbidden)."""
    if not text.strip():
        raise Refused("empty")
    if len(text) > _LONGEST:
        raise Refused("too_deep")
    try:
        dialect = DuckDB()
        tokens = _rewrite(list(dialect.tokenize(text)))
        parsed = dialect.parser().parse(tokens, text)
    except SqlglotError as fault:
        raise Refused("syntax", detail=_first_line(fault)) from fault
    except RecursionError as fault:
        raise Refused("too_deep") from fault
    if len(parsed) != 1 or parsed[0] is None:
        raise Refused("forbidden", what="；")
    tree = parsed[0]
    if not isinstance(tree, exp.Expression):
        raise Refused("syntax", detail=text)
    return tree


def _first_line(fault: Exception) -> str:
    line = str(fault).split("\n", 1)[0]
    return re.sub(r"\x1b\[\d*m", "", line)


def _rewrite(tokens: list[Token]) -> list[Token]:
    depth, calls = 0, [False]
    found: list[Token] = []
    for index, token in enumerate(tokens):
        kind, text = token.token_type, token.text
        following = tokens[index + 1].token_type if index + 1 < len(tokens) else None
        if kind == TokenType.L_PAREN:
            before = found[-1].text if found else ""
            calls.append(before.startswith("fn_"))
            depth += 1
            if depth > _DEEPEST:
                raise Refused("too_deep")
        elif kind == TokenType.R_PAREN and len(calls) > 1:
            calls.pop()
            depth -= 1
        elif kind == TokenType.WHERE:
            if not calls[-1]:
                raise Refused("forbidden", what="where")
            kind, text = TokenType.COMMA, ","
        elif (
            following == TokenType.L_PAREN
            and kind not in (TokenType.STRING, TokenType.IDENTIFIER)
            and _WORD.match(text)
            and text.lower() not in _NOT_CALLED
        ):
            kind, text = TokenType.VAR, f"fn_{text.lower()}"
        found.append(Token(kind, text, token.line, token.col, token.start, token.end))
    return found
