"""The Django app that plays the platform."""

from django.apps import AppConfig


class HostConfig(AppConfig):
    """People, courses, pages and demo tools. The seven services have app configs of their own."""

    name = "demo.host"
    label = "demo_host"
    verbose_name = "Demo host"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Connect the stand-in for the name-affirmation plug-in."""
        from demo.host import signal_receivers  # needs the models of all apps

        signal_receivers.connect()
