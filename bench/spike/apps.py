"""The host of a spike, as a Django app: it registers its services when a process starts."""

from django.apps import AppConfig
from django.conf import settings


class SpikeHost(AppConfig):
    """Services in memory, tracker, permissions; the broker if there is one."""

    name = "bench.spike"
    label = "bench_spike"

    def ready(self) -> None:
        """Install them."""
        from bench.faults import host

        host.install()
        if settings.BROKER:  # type: ignore[misc]
            host.connect_broker()
