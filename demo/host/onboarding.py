"""Whether a course's provider has onboarding, and what Studio says when an onboarding exam needs it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from demo.host.models import CourseRun
from edx_proctoring.api import does_backend_support_onboarding

EXTERNAL_PROVIDER = "lti_external"


def is_supported_by(provider: str | None) -> bool:
    """Whether this provider has onboarding. Never for the external LTI provider, which this package does not know."""
    return provider != EXTERNAL_PROVIDER and does_backend_support_onboarding(provider)


def missing_onboarding_warning(course: CourseRun) -> str:
    """What to tell a course team that chose *Onboarding* for an exam; empty when the provider has onboarding."""
    if is_supported_by(course.proctoring_provider):
        return ""
    provider = course.proctoring_provider or _("the default provider")
    return _(
        "An onboarding exam needs a provider with onboarding, but %(provider)s does not have it: learners would see a "
        "practice exam. Choose Practice proctored, or another provider in the proctoring settings."
    ) % {"provider": provider}
