"""Hosts may read from a replica; what is deleted is deleted in the database for writing."""

from typing import Any

import pytest

from edx_proctoring.api.effects import settling
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAllowance, ProctoredExamStudentAllowanceHistory
from edx_proctoring.models.allowances import remove_all
from tests.factories import make_allowance, make_effect

pytestmark = pytest.mark.django_db


class ReplicaRouter:
    """Reads effects and allowances from a database that these tests do not have."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "replica" if model in {AttemptEffect, ProctoredExamStudentAllowance} else None

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"


def test_delivered_effects_are_deleted(settings: Any) -> None:
    effect = make_effect()
    settings.DATABASE_ROUTERS = [ReplicaRouter()]

    settling.forget([effect])

    assert not AttemptEffect.objects.using("default").exists()


def test_allowances_are_deleted_and_archived(settings: Any) -> None:
    allowance = make_allowance()
    settings.DATABASE_ROUTERS = [ReplicaRouter()]

    remove_all([allowance])

    assert not ProctoredExamStudentAllowance.objects.using("default").exists()
    assert ProctoredExamStudentAllowanceHistory.objects.using("default").count() == 1
