"""The Django app that stands for the platform."""

from django.apps import AppConfig


class HostConfig(AppConfig):
    """People, courses, pages and demo tools; the seven services have configs of their own."""

    name = "demo.host"
    label = "demo_host"
    verbose_name = "Demo host"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Connect the stand-in for the name-affirmation plug-in (host-platform.md 5.2)."""
        from demo.host import observers

        observers.connect()
