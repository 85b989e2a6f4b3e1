"""Long work with progress: one table, one word per kind, one task that runs them.

Rooms above register a handler for their kind; pages and the terminal read the same row.
"""

from bangfu.jobs.registry import Progress, handler, register

__all__ = ["Progress", "handler", "register"]
