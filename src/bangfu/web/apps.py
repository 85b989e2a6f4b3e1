"""Django's entry for the room."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages."""

    name = "bangfu.web"
    label = "web"

    def ready(self) -> None:
        """Compile the English texts when they changed; tell the worker what it can make here."""
        from bangfu.web.audit import words as audit
        from bangfu.web.findings import export as findings
        from bangfu.web.households import export as households
        from bangfu.web.messages import compile_if_stale

        compile_if_stale()
        assert households.KIND
        assert findings.KIND
        assert audit.VERIFY
