"""`bangfu remind`: the day's reminders of deadlines; meant to be run every morning."""

from __future__ import annotations

from bangfu.config import bootstrap
from bangfu.config.cli import show


def remind() -> None:
    """期限提醒 · Tell each account what is due, overdue and escalated today, once a day."""
    bootstrap.django()
    from bangfu.access.scope import system_scope
    from bangfu.procedures.reminding import remind as tell

    told = tell(system_scope())
    show.say(f"已提醒 {told} 个账号。", f"{told} accounts reminded.")


COMMANDS = {"remind": remind}
