"""The script for pages of the learning micro-frontend in real Chromium. What it sends is then answered."""

import json
import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Route, sync_playwright

import seb_openedx
from seb_openedx.protocol import header_hash
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.seb.app.conftest import COURSE, ORIGIN, block
from tests.seb.exams.conftest import EXAM, PAGE
from tests.seb.exams.test_script import CALLS_THE_NAME, CALLS_THE_OBJECT, NO_CLIENT, READY

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.contract("seb-exams#front-ends")]

SCRIPT = Path(seb_openedx.__file__).parent / "static/seb_openedx/mfe-proof.js"
MFE = "http://apps.example.com"
LOADED = f"{MFE}/learning/course/{COURSE}/{EXAM}/{block('vertical')}"
NEXT = block("sequence", 2)
VERIFY = f"{ORIGIN}/seb-openedx/api/v2/verify"


class Visit:
    """``sent``: bodies of POST, in order. ``frames``: how often the frame's page was asked for."""

    def __init__(self) -> None:
        self.sent: list[dict] = []
        self.frames = 0


def visit(client: str, config_hash: str) -> Visit:
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not executable:
        pytest.fail("no Chromium: install it (Debian: apt-get install chromium) or name it in CHROMIUM")
    seen = Visit()
    html = (
        f'<iframe src="{ORIGIN}{PAGE}"></iframe>'
        f'<script src="{ORIGIN}/static/seb_openedx/mfe-proof.js" data-lms="{ORIGIN}/"></script>'
    )

    def serve(route: Route) -> None:
        request = route.request
        cors = {
            "Access-Control-Allow-Origin": MFE,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Allow-Headers": "Content-Type, X-CSRFToken",
        }
        if request.url.endswith("mfe-proof.js"):
            route.fulfill(path=SCRIPT, content_type="text/javascript")
        elif request.url == VERIFY and request.method == "POST":
            assert request.headers["x-csrftoken"] == "the-token"
            seen.sent.append(json.loads(request.post_data))
            route.fulfill(json={"verified": True}, headers=cors)
        elif request.url == VERIFY:
            route.fulfill(json={"csrfToken": "the-token"}, headers=cors)
        elif request.url == ORIGIN + PAGE:
            seen.frames += 1
            route.fulfill(body="a unit", content_type="text/html")
        else:
            route.fulfill(body=html, content_type="text/html")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        page = browser.new_page()
        page.route("**/*", serve)
        page.add_init_script(
            "if (window === window.top) {"
            + client.replace("BEK", f"'{'b' * 64}'").replace("CK", f"'{config_hash}'")
            + "window.verified = 0; document.addEventListener('seb-verified', function() { window.verified += 1; });}"
        )
        page.goto(LOADED)
        if client == NO_CLIENT:
            page.wait_for_timeout(4000)
        else:
            page.wait_for_function("window.verified === 2", timeout=30_000)
            page.evaluate(f"history.pushState(null, '', '/learning/course/{COURSE}/{NEXT}')")
            page.wait_for_function("window.verified === 3", timeout=30_000)
        browser.close()
    return seen


@pytest.mark.parametrize(
    "client", [READY, CALLS_THE_OBJECT, CALLS_THE_NAME], ids=["ready", "calls-the-object", "calls-the-name"]
)
def test_what_the_script_sends_is_a_proof_of_course_and_exam(require, mac, host, client):
    host.settings.LEARNING_MICROFRONTEND_URL = MFE
    host.settings.CSRF_TRUSTED_ORIGINS = [MFE]
    row = require()

    seen = visit(client, header_hash(LOADED, row.config_key))

    # Course and exam are proved side by side, in either order.
    assert {body["content_id"] for body in seen.sent[:2]} == {"", EXAM}
    assert [body["content_id"] for body in seen.sent[2:]] == [NEXT]
    assert {body["page_url"] for body in seen.sent} == {LOADED}, "the address at which the page was loaded"
    assert seen.frames >= 2, "what was refused before the proof is loaded again"
    token = mac.client.get("/seb-openedx/api/v2/verify", HTTP_ORIGIN=MFE).json()["csrfToken"]
    reply = mac.client.post(
        "/seb-openedx/api/v2/verify",
        json.dumps(next(body for body in seen.sent if body["content_id"] == EXAM)),
        content_type="application/json",
        HTTP_ORIGIN=MFE,
        HTTP_X_CSRFTOKEN=token,
    )
    assert reply.json()["verified"] is True, reply.content


def test_in_another_browser_the_script_does_nothing():
    seen = visit(NO_CLIENT, "0" * 64)

    assert seen.sent == []
    assert seen.frames == 1
