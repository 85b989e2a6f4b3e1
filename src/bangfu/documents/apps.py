"""Django's entry for the room."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Documents."""

    name = "bangfu.documents"
    label = "documents"

    def ready(self) -> None:
        """Let the worker know who does the room's jobs."""
        from bangfu.documents import tasks

        _ = tasks
