"""Drops cached configurations when they change (``SEB_CONFIG_CACHE_SECONDS``), and handles retirements."""

from importlib import import_module
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from seb_openedx import retirement
from seb_openedx.configuration_reading import forget_cached
from seb_openedx.edxapp_wrapper.retired_names import retirement_signal
from seb_openedx.models import SebCourseConfiguration


@receiver([post_save, post_delete], sender=SebCourseConfiguration, dispatch_uid="seb_openedx.row_changed")
def row_changed(instance: SebCourseConfiguration, **kwargs: Any) -> None:
    """A row was saved or deleted."""
    forget_cached(instance.course_id, ["from_django_model"])
    # Another request may have read the old row until the change is committed.
    transaction.on_commit(lambda: forget_cached(instance.course_id, ["from_django_model"]))


def course_published(sender: Any, course_key: Any, **kwargs: Any) -> None:
    """A course, and with it its advanced settings, was published in this process."""
    forget_cached(course_key, ["from_other_course_settings"])


def connect_to_host() -> None:
    """Listen to the host's signals, where there is a host."""
    if (retired := retirement_signal()) is not None:
        retired.connect(retirement.retire, dispatch_uid="seb_openedx.user_retired")
    try:
        signals = import_module("xmodule.modulestore.django").SignalHandler
    except (ImportError, AttributeError):
        return
    signals.course_published.connect(course_published, dispatch_uid="seb_openedx.course_published")


connect_to_host()
