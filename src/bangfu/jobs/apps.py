"""Django's entry for the room."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Long work."""

    name = "bangfu.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
