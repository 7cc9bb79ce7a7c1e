"""Fills the demo's database for the pages of Safe Exam Browser: ``python -m tests.browser.seb_dashboard_stage``.

Runs with the demo's settings, in a process of its own. In the demo's course of proctored exams: refusals of every
reason, sessions of every kind, bans, and an exam that keeps out who leaves the browser. Exams whose blocks are named
as arguments are made open to every browser. With ``--clear`` all of it goes, so that other tests find the course open.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta


def main() -> None:
    """Write the rows again, or remove them."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "demo.settings.combined"
    import django

    django.setup()

    from django.db import transaction
    from django.utils import timezone

    from demo.host.models import Sequence
    from seb_openedx.audit_models import SebAccessLog
    from seb_openedx.exam_models import SebExamConfiguration, SebSession
    from seb_openedx.models import ForbiddenCourseAccess
    from seb_openedx.reasons import Reason

    from .demo_process import COURSE
    from .people import MIDTERM

    now = timezone.now()
    exam = Sequence.objects.get(section__course__course_id=COURSE, display_name=MIDTERM).usage_key
    where = {"course_id": COURSE, "content_id": exam}
    written = (SebAccessLog, SebSession, ForbiddenCourseAccess)
    if "--clear" in sys.argv[1:]:
        for model in (*written, SebExamConfiguration):
            model.objects.filter(course_id=COURSE).delete()
        return
    with transaction.atomic():
        for block in sys.argv[1:]:
            SebExamConfiguration.objects.filter(course_id=COURSE, content_id__endswith=f"@{block}").delete()
        for model in written:
            model.objects.filter(course_id=COURSE).delete()
        SebExamConfiguration.objects.update_or_create(**where, defaults={"mode": "client", "on_leave": "release"})
        SebAccessLog.objects.bulk_create(
            SebAccessLog(
                username=("vera", "victor", "adam")[number % 3],
                decision="refused",
                reason=reason,
                created=now - timedelta(minutes=number + 2),
                last_seen=now - timedelta(minutes=number),
                count=number % 4 + 1,
                user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 SEB/3.9.0",
                expected_prefixes={"config_keys": ["19d02bd", "1f3ba97"], "browser_keys": ["0123456"]},
                **where,
            )
            for number, reason in enumerate([*Reason, *["no_header"] * 50])
        )
        # A decision without a reason.
        SebAccessLog.objects.create(username="victor", decision="banned", created=now, last_seen=now, **where)
        SebSession.objects.bulk_create(
            SebSession(
                user_id=number + 1,
                username=("vera", "victor", "adam")[number % 3],
                created=now - timedelta(minutes=number),
                last_proof=now,
                last_seen=now,
                seb_version="SEB_Windows_3.9.0",
                **{"proof": "header_ck", "expires": now + timedelta(hours=8), **where, **values},
            )
            for number, values in enumerate(
                [
                    {},
                    {"ended": now, "end_reason": "left"},
                    {"proof": "js_bek", "ended": now, "end_reason": "submitted"},
                    {"proof": "js_ck", "is_replayable": True},
                    {"proof": "user_agent", "expires": now, "content_id": ""},
                    *[{"ended": now, "end_reason": "staff"}] * 50,
                ]
            )
        )
        for name, blocked in (("victor", True), ("adam", False)):
            ForbiddenCourseAccess.objects.create(
                username=name, course_id=COURSE, access_blocked=blocked, last_modified_by_username="stan"
            )


if __name__ == "__main__":
    main()
