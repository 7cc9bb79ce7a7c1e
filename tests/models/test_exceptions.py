"""Exceptions: messages, HTTP statuses, pickling."""

import pickle

import pytest

from edx_proctoring import exceptions

STATUS = {
    "ReviewNotFound": 409,
    "ProctoredExamPermissionDenied": 403,
    "BackendProviderCannotRemoveAttempt": 502,
    "BackendProviderGone": 502,
    "BackendProviderRemovalNotConfirmed": 502,
    "BackendProviderNotConfigured": 500,
    "ExtensionPastDue": 403,
    "StatusConflict": 409,
    "AllowanceChangeNotFound": 404,
    "AllowanceChangedSince": 409,
    "AllowanceChangeAlreadyUndone": 409,
    "JobNotFound": 404,
    "SelectionChanged": 409,
    "TooManyRows": 422,
    "MeasureInForce": 409,
    "MeasureNotInForce": 409,
    "NoProviderException": 409,
}
WITH_CONTENT = [
    exceptions.BackendProviderCannotRegisterAttempt,
    exceptions.BackendProviderSentNoAttemptID,
    exceptions.BackendProviderOnboardingProfilesException,
]
ALL = [
    value
    for name, value in vars(exceptions).items()
    if isinstance(value, type) and issubclass(value, Exception) and not name.startswith("_")
]
PLAIN = [
    value for value in ALL if value not in WITH_CONTENT and value is not exceptions.BackendProviderOnboardingException
]


@pytest.mark.contract("provider-interface#exceptions", "reviews#exceptions", "exceptions#tree")
def test_every_exception_has_our_base_class():
    # 25 published ones, their base class, BackendProviderGone, ProctoredExamNoTimeLeft, ReviewNotUnderstood,
    # ReviewNotFound, UnknownOrdering, ExtensionPastDue, ExtensionTooShort, StatusConflict, and three each about
    # changes of allowances, jobs and outages.
    assert len(ALL) == 43
    assert all(issubclass(value, exceptions.ProctoredBaseException) for value in ALL)


def test_the_docstring_names_every_exception():
    assert [value.__name__ for value in ALL if value.__name__ not in exceptions.__doc__] == []


@pytest.mark.contract("exceptions#arguments", "provider-interface#exceptions", "reviews#exceptions", "exceptions#tree")
@pytest.mark.parametrize("exception", PLAIN, ids=lambda value: value.__name__)
def test_a_plain_exception_needs_no_arguments(exception):
    error = exception()
    assert error.http_status == STATUS.get(exception.__name__, 400)
    assert str(exception("why")) == "why"


@pytest.mark.contract("exceptions#arguments", "exceptions#tree")
@pytest.mark.parametrize("exception", PLAIN, ids=lambda value: value.__name__)
def test_the_http_status_can_be_passed_by_keyword(exception):
    assert exception("why", http_status=418).http_status == 418
    assert exception("why").http_status == STATUS.get(exception.__name__, 400)


@pytest.mark.contract("provider-interface#exception-texts", "exceptions#text")
@pytest.mark.parametrize("exception", WITH_CONTENT)
class TestProviderReplies:
    def test_the_message_is_the_content_of_the_reply(self, exception):
        assert str(exception("some error", 403)) == "some error"

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            pytest.param("  spaced\n", "spaced", id="surrounding-spaces"),
            pytest.param(b"caf\xc3\xa9", "café", id="bytes"),
            pytest.param(b"\xff", "�", id="undecodable-bytes"),
            pytest.param({"error": 1}, "{'error': 1}", id="parsed-json"),
        ],
    )
    def test_content_of_any_type_becomes_text(self, exception, content, text):
        assert str(exception(content, 500)) == text

    def test_a_long_error_page_is_truncated(self, exception):
        text = str(exception("x" * 100_000, 500))
        assert len(text) == exceptions.MAX_CONTENT_LENGTH
        assert text.endswith("…")

    def test_the_status_of_the_reply_is_kept(self, exception):
        error = exception("some error", http_status=503)
        assert (error.http_status, error.upstream_status, error.content) == (503, 503, "some error")

    def test_it_can_be_pickled(self, exception):
        error = pickle.loads(pickle.dumps(exception(b"some error", http_status=403)))
        assert (type(error), str(error), error.http_status) == (exception, "some error", 403)


@pytest.mark.contract("exceptions#text")
def test_a_missing_onboarding_is_named_and_survives_pickling():
    error = exceptions.BackendProviderOnboardingException("onboarding_missing")
    assert (error.status, str(error), error.http_status) == ("onboarding_missing", "onboarding_missing", 400)
    again = pickle.loads(pickle.dumps(error))
    assert again.status == "onboarding_missing"
