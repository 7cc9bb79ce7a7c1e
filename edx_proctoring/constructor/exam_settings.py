"""What single exams set otherwise than the account. Contract: contract/constructor#exam-settings."""

import logging
from collections.abc import Mapping
from typing import Any

from edx_proctoring.backends.constructor import configuration
from edx_proctoring.constructor.models import ConstructorExamSettings

log = logging.getLogger(__name__)


def overrides_of(course_id: str, content_id: str) -> Mapping[str, Any]:
    """Return the settings of an exam by option; nothing for one without, or with settings that cannot be used.

    Settings that were never validated must not stop a learner who begins; the log says that they are not used.
    """
    row = ConstructorExamSettings.objects.filter(course_id=course_id, content_id=content_id).first()
    if row is None:
        return {}
    problems = configuration.problems_of_overrides(row.overrides)
    if problems:
        log.error("settings of an exam are not used: settings_id=%s problems=%s", row.pk, problems)
        return {}
    return row.overrides


def save(course_id: str, content_id: str, overrides: Mapping[str, Any]) -> None:
    """Keep the settings of an exam, which were checked (``configuration.problems_of_overrides``); none deletes them."""
    if not overrides:
        ConstructorExamSettings.objects.filter(course_id=course_id, content_id=content_id).delete()
        return
    ConstructorExamSettings.objects.update_or_create(
        course_id=course_id, content_id=content_id, defaults={"overrides": dict(overrides)}
    )
