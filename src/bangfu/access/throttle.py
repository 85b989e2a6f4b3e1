"""Counting what may be done only so often: in the database, so that every process counts alike."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

from bangfu.access import crypto
from bangfu.kernel import clock

_KEPT_HOURS = 24
_ADD = """
INSERT INTO access_tally (key, starts_at, count) VALUES (%s, %s, %s)
ON CONFLICT (key, starts_at) DO UPDATE SET count = access_tally.count + excluded.count
RETURNING count
"""


def tally(kind: str, who: str, seconds: int, add: int = 1) -> int:
    """How often `who` did `kind` in the present window of `seconds`, `add` more included.

    Whoever it is (an account, an address) stands there as a blind index only.
    """
    now = int(clock.now().timestamp())
    starts_at = datetime.fromtimestamp(now - now % seconds, UTC)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [crypto.blind(f"tally.{kind}", who), starts_at, add])
        (count,) = cursor.fetchone()
        if count == add:  # the first of a window clears away what nobody asks for any more
            cursor.execute(
                "DELETE FROM access_tally WHERE starts_at < %s - make_interval(hours => %s)",
                [starts_at, _KEPT_HOURS],
            )
    return int(count)
