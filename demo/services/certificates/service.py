"""Certificates."""

from __future__ import annotations

from opaque_keys.edx.keys import CourseKey

from demo.host.models import Certificate, CertificateAllowlist
from demo.services.keys import course_key


class CertificateService:
    """Invalidates certificates."""

    def invalidate_certificate(self, user_id: int, course_key_or_id: CourseKey | str) -> bool:
        """Make the certificate unavailable. Returns False when there is none or the learner is on the allow list."""
        course_id = str(course_key(course_key_or_id))
        if CertificateAllowlist.objects.filter(user_id=user_id, course__course_id=course_id).exists():
            return False
        changed = Certificate.objects.filter(user_id=user_id, course__course_id=course_id).update(
            status=Certificate.UNAVAILABLE
        )
        return bool(changed)
