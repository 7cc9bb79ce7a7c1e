"""Configuration of the stand-in host app."""

from django.apps import AppConfig


class MockAppsConfig(AppConfig):
    """The app with all stand-ins."""

    name = "mock_apps"
    default_auto_field = "django.db.models.AutoField"
