"""The job of evaluating (written next)."""
