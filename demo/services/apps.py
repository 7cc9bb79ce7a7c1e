"""Seven app configs, one per service: each registers its service when Django is ready.

The settings list some before the plug-ins and some after them, so that nothing can rely on the order.
"""

from typing import ClassVar

from django.apps import AppConfig
from django.utils.module_loading import import_string


class ServiceConfig(AppConfig):
    """Registers ``service_class`` as ``service_name``."""

    service_name: ClassVar[str]
    service_class: ClassVar[str]

    def ready(self) -> None:
        """Register the service."""
        from demo.host import instrumentation  # needs the models of all apps

        instrumentation.register(self.service_name, import_string(self.service_class)())


class CreditConfig(ServiceConfig):
    """``credit`` (LMS and Studio)."""

    name = "demo.services.credit"
    label = "demo_service_credit"
    service_name = "credit"
    service_class = "demo.services.credit.service.CreditService"


class GradesConfig(ServiceConfig):
    """``grades`` (LMS)."""

    name = "demo.services.grades"
    label = "demo_service_grades"
    service_name = "grades"
    service_class = "demo.services.grades.service.GradesService"


class CertificatesConfig(ServiceConfig):
    """``certificates`` (LMS)."""

    name = "demo.services.certificates"
    label = "demo_service_certificates"
    service_name = "certificates"
    service_class = "demo.services.certificates.service.CertificateService"


class InstructorConfig(ServiceConfig):
    """``instructor`` (LMS)."""

    name = "demo.services.instructor"
    label = "demo_service_instructor"
    service_name = "instructor"
    service_class = "demo.services.instructor.service.InstructorService"


class EnrollmentsConfig(ServiceConfig):
    """``enrollments`` (LMS)."""

    name = "demo.services.enrollments"
    label = "demo_service_enrollments"
    service_name = "enrollments"
    service_class = "demo.services.enrollments.service.EnrollmentsService"


class LearningSequencesConfig(ServiceConfig):
    """``learning_sequences`` (LMS and Studio)."""

    name = "demo.services.learning_sequences"
    label = "demo_service_learning_sequences"
    service_name = "learning_sequences"
    service_class = "demo.services.learning_sequences.service.LearningSequencesService"


class NameAffirmationConfig(ServiceConfig):
    """``name_affirmation`` (LMS, where that plug-in is installed)."""

    name = "demo.services.name_affirmation"
    label = "demo_service_name_affirmation"
    service_name = "name_affirmation"
    service_class = "demo.services.name_affirmation.service.NameAffirmationService"
