"""How Django and the host load this app. Contract: contract/safe-exam-browser#plugin.

The host imports this module before Django is set up: nothing here may touch models or settings when it is imported.
"""

from importlib import import_module

from django.apps import AppConfig


class SebOpenEdxConfig(AppConfig):
    """Safe Exam Browser. Enforces nothing until the operator adds the middleware."""

    name = "seb_openedx"
    verbose_name = "Safe Exam Browser"
    # The key type of the tables since the first release.
    default_auto_field = "django.db.models.AutoField"

    # Plain strings instead of the plugin library's constants, for hosts without the library.
    plugin_app = {
        "url_config": {
            "lms.djangoapp": {"namespace": "seb-openedx", "regex": r"^seb-openedx/", "relative_path": "urls"},
        },
        "settings_config": {
            "lms.djangoapp": {
                "test": {"relative_path": "settings.test"},
                "common": {"relative_path": "settings.common"},
                "aws": {"relative_path": "settings.aws"},
                "production": {"relative_path": "settings.production"},
            },
        },
    }

    def ready(self) -> None:
        """Register the system checks, the receivers, and the gate before exams."""
        # These need settings and models.
        for module in ("checks", "handlers", "exams.receivers"):
            import_module(f"seb_openedx.{module}")
        import_module("seb_openedx.exams.start_gate").register()
