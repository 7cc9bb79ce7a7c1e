"""Seven app configs, one per service: each registers its service when Django is ready.

``base.INSTALLED_APPS`` lists some before the plug-ins and some after them, so that nothing may rely on the order.
"""

from django.apps import AppConfig

from demo.services import watch


class CreditConfig(AppConfig):
    """``credit`` (LMS and Studio)."""

    name = "demo.services.credit"
    label = "demo_service_credit"

    def ready(self) -> None:
        from demo.services.credit.service import CreditService

        watch.register("credit", CreditService())


class GradesConfig(AppConfig):
    """``grades`` (LMS)."""

    name = "demo.services.grades"
    label = "demo_service_grades"

    def ready(self) -> None:
        from demo.services.grades.service import GradesService

        watch.register("grades", GradesService())


class CertificatesConfig(AppConfig):
    """``certificates`` (LMS)."""

    name = "demo.services.certificates"
    label = "demo_service_certificates"

    def ready(self) -> None:
        from demo.services.certificates.service import CertificateService

        watch.register("certificates", CertificateService())


class InstructorConfig(AppConfig):
    """``instructor`` (LMS)."""

    name = "demo.services.instructor"
    label = "demo_service_instructor"

    def ready(self) -> None:
        from demo.services.instructor.service import InstructorService

        watch.register("instructor", InstructorService())


class EnrollmentsConfig(AppConfig):
    """``enrollments`` (LMS)."""

    name = "demo.services.enrollments"
    label = "demo_service_enrollments"

    def ready(self) -> None:
        from demo.services.enrollments.service import EnrollmentsService

        watch.register("enrollments", EnrollmentsService())


class LearningSequencesConfig(AppConfig):
    """``learning_sequences`` (LMS and Studio)."""

    name = "demo.services.learning_sequences"
    label = "demo_service_learning_sequences"

    def ready(self) -> None:
        from demo.services.learning_sequences.service import LearningSequencesService

        watch.register("learning_sequences", LearningSequencesService())


class NameAffirmationConfig(AppConfig):
    """``name_affirmation`` (LMS, where that plug-in is installed)."""

    name = "demo.services.name_affirmation"
    label = "demo_service_name_affirmation"

    def ready(self) -> None:
        from demo.services.name_affirmation.service import NameAffirmationService

        watch.register("name_affirmation", NameAffirmationService())
