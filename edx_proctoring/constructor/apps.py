"""How Django loads this app. The operator lists ``edx_proctoring.constructor`` in ``INSTALLED_APPS``.

Contract: contract/constructor#app.
"""

from importlib import import_module

from django.apps import AppConfig

LABEL = "edx_proctoring_constructor"


class ConstructorConfig(AppConfig):
    """Does nothing until a backend of the class ``ConstructorProctoringProvider`` is configured."""

    name = "edx_proctoring.constructor"
    label = LABEL
    verbose_name = "Constructor Proctor"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the store of sessions, the gate before exams, receivers and checks."""
        # These need models.
        for module in ("checks", "receivers"):
            import_module(f"edx_proctoring.constructor.{module}")
        import_module("edx_proctoring.constructor.sessions").register()
        import_module("edx_proctoring.constructor.start_gate").register()
