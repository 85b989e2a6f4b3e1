"""Django's entry for the room."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """Evaluation runs and what they found."""

    name = "bangfu.findings"
    label = "findings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the jobs of evaluating and simulating known to the worker."""
        from bangfu.findings import evaluation
        from bangfu.findings.scenarios import work

        _ = evaluation, work
