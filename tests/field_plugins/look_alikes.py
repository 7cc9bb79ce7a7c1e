"""Provider classes like those of packages that are in use.

Written from the contract (contract/provider-interface#older-signatures) alone. They import only published names, and
use nothing that is newer than 6.1.4.
"""

from django.utils.translation import gettext, gettext_lazy

from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt


class Tracker(BaseRestProctoringProvider):
    """Has class attributes, its own token path and its own dashboard URL."""

    base_url = "http://tracker.test"
    verbose_name = "Tracker"
    tech_support_email = "help@tracker.test"
    tech_support_phone = "1-800-TRACKER"
    learner_notification_from_email = "noreply@tracker.test"
    npm_module = "tracker-worker"
    needs_oauth = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.session.oauth_uri = "/tracker/oauth2/access_token"

    @property
    def instructor_url(self):
        return self.base_url + "/dashboard/{client_id}/?jwt={jwt}"

    @property
    def proctoring_instructions(self):
        # "Yes" is in Django's own catalogue, so a test does not depend on ours.
        return [gettext("Yes"), gettext_lazy("No")]


class EagerOptions(BaseRestProctoringProvider):
    """Reads an option before it calls the base class."""

    base_url = "http://eager.test"

    def __init__(self, client_id=None, client_secret=None, **kwargs):
        self.seen = kwargs.get("verbose_name")
        super().__init__(client_id, client_secret, **kwargs)


class OldDashboard(Tracker):
    """Its method lacks the keywords for the configuration page and for recordings."""

    def get_instructor_url(self, course_id, user, exam_id=None, attempt_id=None):
        url = super().get_instructor_url(course_id, user, exam_id=exam_id, attempt_id=attempt_id)
        return url + "&old=1"


class WholeDashboard(Tracker):
    """Its method accepts all keywords."""

    def get_instructor_url(self, course_id, user, **kwargs):
        self.asked = kwargs
        return super().get_instructor_url(course_id, user, **kwargs)


class OwnRequests(Tracker):
    """Overrides private methods."""

    def _make_attempt_request(self, exam, attempt, method="POST", status=None, **payload):
        return super()._make_attempt_request(exam, attempt, method=method, status=status, source="own", **payload)

    def _get_language_headers(self):
        return {"Accept-Language": "tlh"}


class OwnSignatures(SoftwareSecureBackendProvider):
    """A vendor whose protocol is RPNow's with some differences."""

    record_locator_key = "sessionId"
    signature_scheme = "OWN"
    passing_statuses = ["Clean"]

    def extend_org_extra(self, org_extra, exam, context):
        org_extra["userID"] = context["user_id"]

    def _encrypt_password(self, key, pwd):
        return "plain:" + pwd

    def _header_string(self, headers, date):
        return b"X:" + super()._header_string(headers, date)

    def _sign_doc(self, body_json, method, headers, date):
        return super()._sign_doc(body_json, method, headers, date) + b";v=2"

    def _send_request_to_ssi(self, data, sig, date):
        self.sent = (data, sig, date)
        return 201, '{"sessionId": "session-1"}'


class Standalone(ProctoringBackendProvider):
    """Not over REST: implements the interface itself, with the methods that 6.1.4 requires."""

    verbose_name = "Standalone"

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.told = []

    def register_exam_attempt(self, exam, context):
        if context["full_name"] == "Refused":
            raise BackendProviderCannotRegisterAttempt("no", 400)
        return "standalone-" + context["attempt_code"].lower()

    def start_exam_attempt(self, exam, attempt):
        self.told.append(("started", attempt))

    def stop_exam_attempt(self, exam, attempt):
        self.told.append(("submitted", attempt))

    def mark_erroneous_exam_attempt(self, exam, attempt):
        self.told.append(("error", attempt))

    def remove_exam_attempt(self, exam, attempt):
        return True

    def get_software_download_url(self):
        return "http://standalone.test/download"

    def on_review_callback(self, attempt, payload):
        return payload

    def on_exam_saved(self, exam):
        return "exam-at-standalone"
