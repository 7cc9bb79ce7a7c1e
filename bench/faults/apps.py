"""The host of a fault run, as a Django app: it registers its services when a process starts."""

from django.apps import AppConfig
from django.conf import settings


class FaultRunHost(AppConfig):
    """Services, tracker, permissions; and the test doubles that a part of the run asks for."""

    name = "bench.faults"
    label = "bench_faults"

    def ready(self) -> None:
        """Install them."""
        from bench.faults import host

        host.install()
        if settings.WITHOUT_OUTBOX:  # type: ignore[misc]
            host.switch_outbox_off()
        if settings.WITHOUT_INTENTS:  # type: ignore[misc]
            host.switch_intents_off()
        if settings.DEATHS:  # type: ignore[misc]
            host.die_after_registrations()
        if settings.BROKER:  # type: ignore[misc]
            host.connect_broker()
