"""Django's entry for the room."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Accounts, roles and scope."""

    name = "bangfu.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"
