"""Django's entry for the room."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Audit events and row history."""

    name = "bangfu.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
