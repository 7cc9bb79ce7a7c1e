"""Stored links to recordings: two forms, and keys that change."""

from typing import Any

import pytest
from django.core.management import call_command

from edx_proctoring.backends import video_links
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamSoftwareSecureReviewHistory
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import encrypt_and_encode
from tests.factories import make_attempt, make_exam, make_review

from .conftest import SOFTWARE_SECURE_OPTIONS

KEY = "00112233445566778899aabbccddeeff"
FORMER = "ff" * 16
URL = "http://video.example.test/AdminSite/Account/Reviewer/DirectLink-Generic.aspx?ID=foo"
V2 = (
    b"v2.AAECAwQFBgcICQoLFeDDHoRiW5e4L29evUVv0GLhcyrkdjb9hR2HbmxQYjkwdFiPmhvg4p6UbqX0LtOzJLwPZIGZj6TSPgYx1B8sSEEMnz11"
    b"EkXlg4wPQQmBAkn0_1sWmiyuoDoMXvHlI87t3Uhw"
)


@pytest.fixture
def new_form(settings: Any) -> None:
    """Links are written in the second form."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "VIDEO_URL_CIPHER": "v2"}


def v1(key: str) -> bytes:
    return encrypt_and_encode(URL, bytes.fromhex(key))


@pytest.mark.contract("stored-formats#recording-link-v2")
class TestSecondForm:
    @pytest.mark.usefixtures("new_form")
    def test_it_matches_the_published_vector(self) -> None:
        assert video_links.encrypt(URL, KEY, external_id="Ext-Att", nonce=bytes(range(12))) == V2
        assert video_links._derived(KEY).hex() == "1a1549046f846eec86a54915bb74074215b265b0191a78b6976d32b53edc35c9"

    @pytest.mark.usefixtures("new_form")
    def test_two_links_differ_and_both_are_read(self) -> None:
        links = {video_links.encrypt(URL, KEY, external_id="ext-att") for _ in range(2)}
        assert len(links) == 2
        assert {video_links.decrypt(link, [KEY], external_id="EXT-ATT") for link in links} == {
            video_links.Link(URL, is_current=True)
        }

    def test_it_is_read_where_the_old_form_is_written(self) -> None:
        assert video_links.decrypt(V2, [KEY], external_id="ext-att") == video_links.Link(URL, is_current=False)

    @pytest.mark.parametrize(
        ("stored", "external_id"),
        [
            pytest.param(V2, "another", id="of-another-attempt"),
            pytest.param(V2[:-5] + b"AAAA=", "ext-att", id="changed"),
            pytest.param(V2[:20], "ext-att", id="cut-off"),
            pytest.param(b"v2.", "ext-att", id="empty"),
            pytest.param(V2, None, id="without-an-attempt"),
        ],
    )
    def test_what_was_not_written_here_is_not_read(self, stored: bytes, external_id: str | None) -> None:
        assert video_links.decrypt(stored, [KEY], external_id=external_id) is None

    def test_by_default_and_without_an_id_the_old_form_is_written(self, settings: Any) -> None:
        assert video_links.encrypt(URL, KEY, external_id="ext-att") == v1(KEY)
        settings.PROCTORING_SETTINGS = {"VIDEO_URL_CIPHER": "v2"}
        assert video_links.encrypt(URL, KEY, external_id=None) == v1(KEY)


@pytest.mark.contract("stored-formats#recording-link-keys")
class TestKeys:
    def test_former_keys_are_tried_after_the_current_one(self) -> None:
        assert video_links.decrypt(v1(KEY), [KEY, FORMER], external_id="x") == video_links.Link(URL, is_current=True)
        assert video_links.decrypt(v1(FORMER), [KEY, FORMER], external_id="x") == video_links.Link(
            URL, is_current=False
        )
        assert video_links.decrypt(v1(FORMER), [KEY], external_id="x") is None

    def test_a_text_that_is_no_address_is_not_a_link(self) -> None:
        assert video_links.decrypt(encrypt_and_encode("garbage", bytes.fromhex(KEY)), [KEY], external_id="x") is None

    def test_a_key_that_is_not_one_fits_nothing(self) -> None:
        assert video_links.decrypt(v1(KEY), ["no hex", "ab", KEY], external_id="x") == video_links.Link(
            URL, is_current=False
        )

    def test_staff_see_a_link_of_a_former_key(self, make_software_secure: Any) -> None:
        provider = make_software_secure(video_review_aes_key=KEY, video_review_aes_previous_keys=[FORMER])
        url = provider.get_instructor_url("c", {}, attempt_id="ext-att", encrypted_video_review_url=v1(FORMER))
        assert url == URL.replace("Generic", "HTML5")

    def test_a_link_under_an_unknown_key_is_one_warning(self, make_software_secure: Any, caplog: Any) -> None:
        provider = make_software_secure(video_review_aes_key=KEY)
        assert provider.get_instructor_url("c", {}, encrypted_video_review_url=v1(FORMER)) is None
        assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.django_db
@pytest.mark.contract("commands#reencrypt-video-links")
class TestReencrypting:
    @pytest.fixture(autouse=True)
    def _providers(self, backends_registry: dict[str, Any]) -> None:
        for name in ("rpnow", "rpnow2"):
            backends_registry[name] = SoftwareSecureBackendProvider(
                **SOFTWARE_SECURE_OPTIONS, video_review_aes_key=KEY, video_review_aes_previous_keys=[FORMER]
            )

    def review(self, link: bytes | None, backend: str = "rpnow", *, is_removed: bool = False) -> Any:
        attempt = make_attempt(make_exam(backend=backend), status=S.submitted, external_id=f"Ext-{backend}")
        review = make_review(attempt, encrypted_video_url=link)
        if is_removed:
            attempt.delete_exam_attempt()
            ProctoredExamSoftwareSecureReview.objects.filter(pk=review.pk).update(encrypted_video_url=link)
        return review

    def run(self, **options: Any) -> str:
        from io import StringIO

        out = StringIO()
        call_command("reencrypt_video_links", sleep_time=0, stdout=out, stderr=StringIO(), **options)
        return out.getvalue().strip()

    def link_of(self, review: Any) -> bytes:
        return bytes(ProctoredExamSoftwareSecureReview.objects.get(pk=review.pk).encrypted_video_url)

    def test_links_under_former_keys_are_stored_under_the_current_one(self) -> None:
        old, new, lost = self.review(v1(FORMER)), self.review(v1(KEY)), self.review(v1("aa" * 16))
        self.review(None), self.review(b"")
        status = {review.pk: review.modified for review in ProctoredExamSoftwareSecureReview.objects.all()}
        assert self.run(dry_run=True) == "changed=1 unreadable=1"
        assert self.link_of(old) == v1(FORMER)
        assert self.run() == "changed=1 unreadable=1"
        assert [self.link_of(review) for review in (old, new, lost)] == [v1(KEY), v1(KEY), v1("aa" * 16)]
        assert self.run() == "changed=0 unreadable=1"
        assert {review.pk: review.modified for review in ProctoredExamSoftwareSecureReview.objects.all()} == status

    @pytest.mark.usefixtures("new_form")
    def test_the_form_is_changed_also_of_removed_attempts_and_archived_reviews(self) -> None:
        reviews = [self.review(v1(KEY)), self.review(v1(FORMER), is_removed=True)]
        archived = ProctoredExamSoftwareSecureReviewHistory.objects.count()
        assert self.run(batch_size=1).endswith("unreadable=0")
        for review in reviews:
            assert video_links.decrypt(self.link_of(review), [KEY], external_id="ext-rpnow") == video_links.Link(
                URL, is_current=True
            )
        for row in ProctoredExamSoftwareSecureReviewHistory.objects.all():
            assert bytes(row.encrypted_video_url).startswith(b"v2.")
        assert ProctoredExamSoftwareSecureReviewHistory.objects.count() == archived > 0

    def test_of_one_provider_only(self) -> None:
        self.review(v1(FORMER))
        other = self.review(v1(FORMER), "rpnow2")
        assert self.run(backend="rpnow2") == "changed=1 unreadable=0"
        assert self.link_of(other) == v1(KEY)
