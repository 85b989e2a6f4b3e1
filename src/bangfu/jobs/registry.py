"""Which function does which kind of work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from bangfu.jobs.models import Job


class Progress(Protocol):
    """Says how far the work is: `done` of `total`, with a short Chinese message."""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Keep it, where people can see it at once."""


Handler = Callable[["Job", Progress], dict[str, Any]]
_HANDLERS: dict[str, Handler] = {}


def register(kind: str) -> Callable[[Handler], Handler]:
    """Decorator: the function that does `kind`; it returns the job's result (JSON)."""

    def keep(function: Handler) -> Handler:
        if kind in _HANDLERS and _HANDLERS[kind] is not function:
            raise ValueError(f"two handlers for {kind}")
        _HANDLERS[kind] = function
        return function

    return keep


def handler(kind: str) -> Handler:
    """The function for `kind`. Raises KeyError when no room has registered it."""
    return _HANDLERS[kind]
