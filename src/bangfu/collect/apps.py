"""Django's entry for the room."""

from django.apps import AppConfig


class CollectConfig(AppConfig):
    """Imports."""

    name = "bangfu.collect"
    label = "collect"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the worker know who does the room's jobs."""
        from bangfu.collect import tasks

        _ = tasks
