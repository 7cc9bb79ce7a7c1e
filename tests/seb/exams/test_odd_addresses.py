"""Addresses that nobody has made: ids with characters that a database refuses, and of any length."""

import pytest

pytestmark = pytest.mark.django_db

IDS = ["a%00b", "%00", "%ed%a0%80", "%ff", "x" * 3000, "..%2f..%2fetc"]


@pytest.mark.contract("seb-exams#file")
@pytest.mark.parametrize("odd", IDS)
@pytest.mark.parametrize(
    "path",
    ["config/{}/exam.seb", "config/{}/token/exam.seb", "config/{}/{}/exam.seb", "start/{}/", "quit/{}/", "verify/{}/"],
)
def test_are_not_found_or_refused(browser, path, odd):
    response = browser.get("/seb-openedx/" + path.replace("{}", odd))
    assert response.status_code in (401, 403, 404)


@pytest.mark.parametrize("length", ["many", "-1", "²", "9" * 5000])
def test_a_length_that_is_no_number_is_a_bad_request(browser, length):
    response = browser.post("/seb-openedx/api/v2/verify", "{}", content_type="application/json", CONTENT_LENGTH=length)
    assert response.status_code == 400
