"""Names of special exams. Their app may be absent, so it is found by name."""

from collections.abc import Collection

from django.apps import apps


def exam_names(content_ids: Collection[str]) -> dict[str, str]:
    """Return the names of exams by content id, those that are known. One query, none for no ids."""
    if not content_ids or not apps.is_installed("edx_proctoring"):
        return {}
    exams = apps.get_model("edx_proctoring", "ProctoredExam").objects.filter(content_id__in=content_ids)
    return dict(exams.order_by("pk").values_list("content_id", "exam_name"))
