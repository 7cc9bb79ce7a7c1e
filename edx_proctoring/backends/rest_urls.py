"""The endpoints of a REST provider. Contract: contract/provider-wire#addresses.

Ids are inserted as they are, not percent-encoded: contract, because course ids contain ``:`` and ``+``.
"""

from typing import Any


class RestUrls:
    """URL templates below ``base_url``, for ``str.format``. Plug-ins override these properties."""

    base_url: Any = None

    @property
    def config_url(self) -> Any:
        """The provider's configuration."""
        return self.base_url + "/api/v1/config/"

    @property
    def create_exam_url(self) -> Any:
        """All exams, for creating one."""
        return self.base_url + "/api/v1/exam/"

    @property
    def exam_url(self) -> Any:
        """One exam: ``{exam_id}``."""
        return self.base_url + "/api/v1/exam/{exam_id}/"

    @property
    def create_exam_attempt_url(self) -> Any:
        """All attempts of an exam, for creating one: ``{exam_id}``."""
        return self.base_url + "/api/v1/exam/{exam_id}/attempt/"

    @property
    def exam_attempt_url(self) -> Any:
        """One attempt: ``{exam_id}``, ``{attempt_id}``."""
        return self.base_url + "/api/v1/exam/{exam_id}/attempt/{attempt_id}/"

    @property
    def instructor_url(self) -> Any:
        """The provider's dashboard: ``{client_id}``, ``{jwt}``."""
        return self.base_url + "/api/v1/instructor/{client_id}/?jwt={jwt}"

    @property
    def user_info_url(self) -> Any:
        """The data that the provider holds about a learner: ``{user_id}``."""
        return self.base_url + "/api/v1/user/{user_id}/"

    @property
    def onboarding_statuses_url(self) -> Any:
        """Onboarding profiles of a course: ``{course_id}``."""
        return self.base_url + "/api/v1/courses/{course_id}/onboarding_statuses"
