"""The pages of the provider, read as a browser without scripts reads them."""

from __future__ import annotations

import re
import time

import jwt
import pytest
import requests

from mock_provider.instructor_link import instructor_url

from .conftest import COURSE


def get(provider, path, **options):
    return requests.get(provider.url + path, timeout=5, **options)


def post(provider, path, data, **options):
    return requests.post(provider.url + path, data=data, timeout=5, **options)


@pytest.mark.parametrize("path", ["/", "/reviewer/", "/reviewer/?show=all", "/static/mock.css", "/static/software.js"])
def test_the_page_opens(provider, path):
    assert get(provider, path).status_code == 200


@pytest.mark.parametrize("path", ["/reviewer/nothing/", "/static/secret", "/download?attempt=nothing", "/download"])
def test_an_unknown_address_shows_a_page_that_says_so(provider, path):
    reply = get(provider, path)
    assert reply.status_code == 404
    assert "<h1>" in reply.text


@pytest.mark.contract("mock-provider#software")
class TestSoftware:
    def test_the_learner_sees_no_link_to_the_reviewer_desk(self, provider, attempt):
        assert "/reviewer/" not in get(provider, f"/download?attempt={attempt}").text
        assert "/reviewer/" in get(provider, "/").text

    def test_the_learner_reports_ready(self, provider, lms, attempt):
        assert "I am ready" in get(provider, f"/download?attempt={attempt}&exam=exam-1").text
        reply = post(provider, "/download", {"attempt": attempt})
        assert "You are ready." in reply.text
        assert lms.callbacks[0][0].endswith(f"/{attempt}/ready")
        assert lms.callbacks[0][1] == {"status": "ready"}

    @pytest.mark.parametrize(
        ("status", "advice"), [(403, "reviewer group"), (404, "may have been reset"), (500, "an error (500)")]
    )
    def test_a_refusal_is_explained_and_can_be_retried(self, provider, lms, attempt, status, advice):
        lms.status = status
        reply = post(provider, "/download", {"attempt": attempt})
        assert reply.status_code == 502
        assert 'role="alert"' in reply.text
        assert advice in reply.text
        assert "Try again" in reply.text
        lms.status = 200
        assert "You are ready." in post(provider, "/download", {"attempt": attempt}).text

    def test_the_software_reports_ready_automatically_after_the_delay(
        self, provider, scenario, scheduler, lms, attempt
    ):
        scenario(ready_delay=2)
        assert "data-close-after-seconds" in self.page(provider, attempt)
        scheduler.advance(1.9)
        assert lms.callbacks == []
        scheduler.advance(0.1)
        assert [callback.json for callback in lms.callbacks] == [{"status": "ready"}]

    def test_a_removed_attempt_is_not_reported_ready(self, provider, client, scenario, scheduler, lms, attempt):
        scenario(ready_delay=2)
        self.page(provider, attempt)
        client("DELETE", f"/api/v1/exam/exam-1/attempt/{attempt}/")
        scheduler.advance(2)
        assert lms.callbacks == []

    def test_software_that_asks_to_keep_its_window_open_does_not_close_it(
        self, provider, scenario, scheduler, lms, attempt
    ):
        scenario(ready_delay=0)
        self.page(provider, attempt)
        scheduler.advance(0)
        text = self.page(provider, attempt)
        assert "Keep this window open" in text
        assert "data-close-after-seconds" not in text

    @pytest.mark.parametrize(
        ("status", "step"),
        [("created", "set-up"), ("started", "exam"), ("submitted", "done"), ("error", None)],
    )
    def test_the_next_step_is_marked(self, provider, client, attempt, status, step):
        if status != "created":
            client("PATCH", f"/api/v1/exam/exam-1/attempt/{attempt}/", json={"status": status})
        marked = re.findall(r'data-step="([\w-]+)" aria-current="step"', self.page(provider, attempt))
        assert marked == ([step] if step else [])

    def test_after_the_checks_the_exam_is_the_next_step(self, provider, lms, attempt):
        text = post(provider, "/download", {"attempt": attempt}).text
        assert 'data-step="start" aria-current="step"' in text

    def test_it_links_back_to_the_exam(self, provider, client, lms):
        client.exam(content_id="block-v1:Demo+PROC+2026+type@sequential+block@final")
        attempt = client.attempt(lms.url)
        address = f"{lms.url}/courses/{COURSE}/jump_to/block-v1:Demo+PROC+2026+type@sequential+block@final"
        assert f'href="{address}"' in self.page(provider, attempt)

    def test_without_the_exams_address_there_is_no_link_back(self, provider, attempt):
        assert "way-back" not in self.page(provider, attempt)

    def page(self, provider, attempt):
        return get(provider, f"/download?attempt={attempt}").text

    def test_a_submitted_attempt_is_shown_as_handed_in(self, provider, client, attempt):
        client("PATCH", f"/api/v1/exam/exam-1/attempt/{attempt}/", json={"status": "submitted"})
        assert "Your recording was handed in." in get(provider, f"/download?attempt={attempt}").text


class TestReviewer:
    @pytest.fixture
    def submitted(self, client, attempt):
        client("PATCH", f"/api/v1/exam/exam-1/attempt/{attempt}/", json={"status": "submitted"})
        return attempt

    def test_only_submitted_attempts_are_listed_for_review(self, provider, client, lms, submitted):
        running = client.attempt(lms.url)
        listed = get(provider, "/reviewer/").text
        assert submitted in listed
        assert running not in listed
        assert running in get(provider, "/reviewer/?show=all").text

    @pytest.mark.parametrize("verdict", ["passed", "violation", "suspicious", "not_reviewed"])
    def test_a_verdict_is_sent_to_the_lms_with_the_comment(self, provider, lms, submitted, verdict):
        reply = post(provider, f"/reviewer/{submitted}/", {"verdict": verdict, "comment": "Seen <b>it</b>"})
        assert "Your verdict was sent." in reply.text
        assert "Accepted (200)" in reply.text
        assert "Seen &lt;b&gt;it&lt;/b&gt;" in reply.text
        _, body, _, _ = lms.callbacks[0]
        assert body["status"] == verdict
        assert body["comments"][0]["comment"] == "Seen <b>it</b>"
        assert "reviewed_by" not in body
        assert submitted not in get(provider, "/reviewer/").text

    def test_a_signed_verdict_names_the_reviewer(self, provider, lms, submitted):
        post(provider, f"/reviewer/{submitted}/", {"verdict": "violation", "reviewed_by": "rey@example.com"})
        assert lms.callbacks[0][1]["reviewed_by"] == "rey@example.com"

    def test_a_refused_verdict_keeps_the_form_and_stays_listed(self, provider, lms, submitted):
        lms.status = 403
        reply = post(provider, f"/reviewer/{submitted}/", {"verdict": "passed", "comment": "All fine"})
        assert 'role="alert"' in reply.text
        assert "All fine</textarea>" in reply.text
        assert "Refused (403)" in reply.text
        assert submitted in get(provider, "/reviewer/").text

    def test_learners_with_the_same_name_can_be_distinguished(self, provider, client, lms):
        attempts = [client.attempt(lms.url, email=f"{name}@example.com") for name in ("lena1", "lena2")]
        listed = get(provider, "/reviewer/?show=all").text
        assert listed.count(">Vera Learner</a>") == 2
        for attempt, name in zip(attempts, ("lena1", "lena2"), strict=True):
            assert f"{name}@example.com, attempt {attempt[:8]}" in listed
            shown = get(provider, f"/reviewer/{attempt}/").text
            assert f"{name}@example.com" in shown
            assert attempt in shown

    def test_after_a_verdict_the_form_is_folded_away(self, provider, submitted):
        assert "<details" not in get(provider, f"/reviewer/{submitted}/").text
        reply = post(provider, f"/reviewer/{submitted}/", {"verdict": "suspicious"})
        assert '<details class="again" >' in reply.text
        assert "Nothing else waits for a verdict." in reply.text
        form = reply.text.index("<form")
        assert reply.text.index("<details") < form < reply.text.index("</details>")

    def test_a_verdict_can_be_corrected(self, provider, lms, submitted):
        for verdict in ("suspicious", "passed"):
            post(provider, f"/reviewer/{submitted}/", {"verdict": verdict})
        assert [body["status"] for _, body, _, _ in lms.callbacks] == ["suspicious", "passed"]

    def test_the_form_of_a_refused_correction_stays_open(self, provider, lms, submitted):
        post(provider, f"/reviewer/{submitted}/", {"verdict": "suspicious"})
        lms.status = 500
        reply = post(provider, f"/reviewer/{submitted}/", {"verdict": "passed", "comment": "After all"})
        assert '<details class="again" open>' in reply.text
        assert "After all</textarea>" in reply.text

    def test_a_verdict_must_be_chosen(self, provider, lms, submitted):
        reply = post(provider, f"/reviewer/{submitted}/", {"verdict": "perhaps"})
        assert reply.status_code == 400
        assert "Choose a verdict." in reply.text
        assert lms.callbacks == []

    @pytest.mark.parametrize("path", ["/download", "/reviewer/{}/"])
    def test_a_form_on_another_site_is_refused(self, provider, lms, submitted, path):
        data = {"attempt": submitted, "verdict": "passed"}
        reply = post(provider, path.format(submitted), data, headers={"Origin": "http://evil.example.com"})
        assert reply.status_code == 403
        assert lms.callbacks == []

    def test_a_form_of_our_own_page_is_accepted(self, provider, lms, submitted):
        post(provider, f"/reviewer/{submitted}/", {"verdict": "passed"}, headers={"Origin": provider.url})
        assert len(lms.callbacks) == 1


@pytest.mark.contract("mock-provider#instructor-page")
class TestInstructor:
    def link(self, provider, *, key="mocksecret", issuer="mock", **claims):
        claims = {"course_id": COURSE, "iss": issuer, "exp": time.time() + 60, **claims}
        return f"/api/v1/instructor/mock/?jwt={jwt.encode(claims, key)}"

    def test_the_course_team_sees_only_the_exams_of_its_course(self, provider, client, attempt):
        client.exam("other", course_id="course-v1:Other+X+1", exam_name="Foreign")
        text = get(provider, self.link(provider, user={"full_name": "Stan <Staff>"})).text
        assert "Final" in text
        assert "Foreign" not in text
        assert "Stan &lt;Staff&gt;" in text

    def test_the_chosen_exam_and_attempt_are_marked(self, provider, attempt):
        text = get(provider, self.link(provider, exam_id="exam-1", attempt_id=attempt)).text
        assert text.count('aria-current="true"') == 2
        assert "Vera Learner" in text

    def test_learners_with_the_same_name_can_be_distinguished(self, provider, client, lms, attempt):
        other = client.attempt(lms.url, email="vera2@example.com")
        text = get(provider, self.link(provider, exam_id="exam-1")).text
        assert f"vera2@example.com, attempt {other[:8]}" in text
        assert f"attempt {attempt[:8]}" in text

    def test_the_configuration_shows_the_rules(self, provider, client, attempt):
        client.exam(rules={"allow_notes": True})
        assert "allow_notes: yes" in get(provider, self.link(provider, exam_id="exam-1", config=True)).text

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"key": "othersecret"}, id="other-secret"),
            pytest.param({"issuer": "other"}, id="other-client"),
            pytest.param({"exp": 1}, id="expired"),
            pytest.param({"course_id": None}, id="no-course"),
        ],
    )
    def test_an_invalid_link_is_refused(self, provider, attempt, changes):
        assert get(provider, self.link(provider)).status_code == 200
        reply = get(provider, self.link(provider, **changes))
        assert reply.status_code == 403
        assert "Final" not in reply.text

    def test_a_missing_token_is_refused(self, provider):
        assert get(provider, "/api/v1/instructor/mock/").status_code == 403

    def test_the_link_of_the_command_opens_the_dashboard(self, provider, attempt):
        assert "Final" in requests.get(instructor_url(provider.url, "mock", "mocksecret", COURSE), timeout=5).text
