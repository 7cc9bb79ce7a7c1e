"""``archive_model``, which fills the archives that simple-history does not maintain."""

import pytest

from edx_proctoring.models import (
    ProctoredExamStudentAllowanceHistory,
    archive_model,
)
from tests.factories import make_allowance

pytestmark = pytest.mark.django_db


@pytest.mark.contract("tables#archive-model")
def test_columns_are_copied_without_loading_relations(django_assert_num_queries):
    allowance = type(make_allowance()).objects.get()
    with django_assert_num_queries(1):
        row = archive_model(ProctoredExamStudentAllowanceHistory, allowance, id="allowance_id")
    row.refresh_from_db()
    assert (row.allowance_id, row.user_id, row.proctored_exam_id, row.key, row.value) == (
        allowance.id,
        allowance.user_id,
        allowance.proctored_exam_id,
        allowance.key,
        allowance.value,
    )


@pytest.mark.contract("tables#archive-model")
def test_the_archived_row_has_its_own_creation_time():
    allowance = make_allowance()
    row = archive_model(ProctoredExamStudentAllowanceHistory, allowance, id="allowance_id")
    assert row.created > allowance.created


@pytest.mark.contract("tables#archive-model")
def test_a_field_mapped_to_none_is_left_out():
    row = archive_model(ProctoredExamStudentAllowanceHistory, make_allowance(), id="allowance_id", value=None)
    assert row.value == ""


@pytest.mark.contract("tables#archive-model")
def test_a_field_mapped_to_an_unknown_column_becomes_an_attribute():
    row = archive_model(
        ProctoredExamStudentAllowanceHistory, make_allowance(value="30"), id="allowance_id", value="nowhere"
    )
    assert row.nowhere == "30"
