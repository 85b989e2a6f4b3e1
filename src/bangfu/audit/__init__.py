"""Append-only, hash-chained events and the row history under them.

Every write in every room passes here: `with audit.event("household.corrected", actor=…)`.
Registry tables carry triggers that refuse a write outside an event and keep each row's
before and after under the event's id, whatever path the write takes (form, bulk, COPY).
"""

from bangfu.audit.actor import Actor
from bangfu.audit.chain import ChainReport, verify
from bangfu.audit.events import OpenEvent, event

__all__ = ["Actor", "ChainReport", "OpenEvent", "event", "verify"]
