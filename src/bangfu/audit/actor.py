"""Who does something: a signed-in user, a token, or the command line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """`username` and `role` as they were at the time; both are kept in the event."""

    username: str
    role: str

    @classmethod
    def system(cls, name: str = "command-line") -> Actor:
        """The operator of this machine, acting through the command line or a scheduled job."""
        return cls(name, "system")
