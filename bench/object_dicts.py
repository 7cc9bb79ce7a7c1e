"""How long an object takes to become a dictionary: ``python -m bench.object_dicts``.

By ``serializers.data_of``, and by the serializer itself. No database: the object has its exam and learner at hand.
"""

import statistics
import time
from collections.abc import Callable

from bench.environment import set_up_django

ROUNDS = 201


def milliseconds(work: Callable[[], object]) -> float:
    """Return the median CPU time of a call."""
    times = []
    for _round in range(ROUNDS):
        start = time.process_time_ns()
        work()
        times.append(time.process_time_ns() - start)
    return statistics.median(times) / 1_000_000


def main() -> None:
    """Print the table."""
    set_up_django("object_dicts")
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from edx_proctoring import serializers
    from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt

    exam = ProctoredExam(
        pk=1, course_id="course-v1:a+b+c", content_id="block", exam_name="Exam", time_limit_mins=90, backend="null"
    )
    learner = get_user_model()(pk=1, username="learner", email="learner@example.com")
    attempt = ProctoredExamStudentAttempt(
        pk=1, proctored_exam=exam, user=learner, status="started", started_at=timezone.now()
    )
    print(f"median CPU time of {ROUNDS}")
    for name, serializer, instance in (
        ("exam", serializers.ProctoredExamSerializer, exam),
        ("attempt", serializers.ProctoredExamStudentAttemptSerializer, attempt),
    ):
        ours = milliseconds(lambda s=serializer, i=instance: serializers.data_of(s, i))  # type: ignore[misc]
        theirs = milliseconds(lambda s=serializer, i=instance: s(i).data)  # type: ignore[misc]
        print(f"{name:10}data_of {ours:7.3f} ms   serializer {theirs:7.3f} ms   {theirs / ours:5.1f} times")


if __name__ == "__main__":
    main()
