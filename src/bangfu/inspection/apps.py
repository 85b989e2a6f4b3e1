"""Django's entry for the room."""

from django.apps import AppConfig


class InspectionConfig(AppConfig):
    """Inspection."""

    name = "bangfu.inspection"
    label = "inspection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """`bangfu audit verify` also checks samples and findings."""
        from bangfu.audit import checks
        from bangfu.inspection.verifying import verify

        checks.register("inspection", verify)
