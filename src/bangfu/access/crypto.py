"""Personal data at rest: AES-256-GCM, and a keyed blind index for exact search.

One secret (the setting `BANGFU_KEY`, at least 32 characters); two keys are derived from
it, so that the index gives nothing away about the cipher.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from bangfu.access import problems

_NONCE = 12


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, None, b"bangfu/" + purpose).derive(key)


@cache
def _keys(secret: str) -> tuple[AESGCM, bytes]:
    if len(secret) < 32:
        raise problems.NO_KEY()
    return AESGCM(_derive(secret.encode(), b"seal")), _derive(secret.encode(), b"blind")


def _current() -> tuple[AESGCM, bytes]:
    return _keys(settings.BANGFU_KEY)


def seal(text: str) -> bytes:
    """`text` encrypted. Raises Problem `access.no_key`."""
    nonce = os.urandom(_NONCE)
    return nonce + _current()[0].encrypt(nonce, text.encode(), None)


def unseal(sealed: bytes | memoryview | None) -> str | None:
    """The text again, None for None. Raises Problem `access.wrong_key`."""
    if sealed is None:
        return None
    raw = bytes(sealed)
    try:
        return _current()[0].decrypt(raw[:_NONCE], raw[_NONCE:], None).decode()
    except (InvalidTag, ValueError):  # ValueError: cut short, no longer a nonce and a tag
        raise problems.WRONG_KEY() from None


def blind(kind: str, text: str) -> bytes:
    """16 bytes that are equal for equal texts of one `kind`, and say nothing without the key."""
    return hmac.digest(_current()[1], f"{kind}\0{text}".encode(), hashlib.sha256)[:16]


def seal_many(kind: str, texts: list[str | None]) -> tuple[list[str | None], list[str | None]]:
    """Sealed values and blind indexes of a column, both as PostgreSQL hex text; None stays.

    The same as `seal` and `blind` for each, with the per-value overhead taken out.
    """
    cipher, key = _current()
    encrypt, digest = cipher.encrypt, hmac.digest
    prefix, noise = f"{kind}\0".encode(), os.urandom(_NONCE * len(texts))
    sealed: list[str | None] = []
    blinds: list[str | None] = []
    for at, text in enumerate(texts):
        if not text:
            sealed.append(None)
            blinds.append(None)
            continue
        plain, nonce = text.encode(), noise[at * _NONCE : (at + 1) * _NONCE]
        sealed.append("\\x" + (nonce + encrypt(nonce, plain, None)).hex())
        blinds.append("\\x" + digest(key, prefix + plain, "sha256")[:16].hex())
    return sealed, blinds
