"""Django's entry for the room."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """The registry."""

    name = "bangfu.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"
