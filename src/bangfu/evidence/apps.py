"""Django's entry for the room."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Evidence."""

    name = "bangfu.evidence"
    label = "evidence"
    default_auto_field = "django.db.models.BigAutoField"
