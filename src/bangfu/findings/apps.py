"""Django's entry for the room."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """Evaluation runs and what they found."""

    name = "bangfu.findings"
    label = "findings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the job of evaluating known to the worker."""
        from bangfu.findings import evaluation

        _ = evaluation
