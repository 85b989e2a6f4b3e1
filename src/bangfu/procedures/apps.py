"""Django's entry for the room."""

from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    """Procedures."""

    name = "bangfu.procedures"
    label = "procedures"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """`bangfu audit verify` also checks the records of every case."""
        from bangfu.audit import checks
        from bangfu.procedures.verifying import verify

        checks.register("procedures", verify)
