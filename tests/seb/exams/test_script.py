"""The script of a check in real Chromium, with both ways in which clients call back. What it sends is then answered."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Route, sync_playwright

import seb_openedx
from seb_openedx.protocol import header_hash
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.seb.app.conftest import ORIGIN
from tests.seb.exams.conftest import launch_link

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.contract("seb-exams#script")]

SCRIPT = Path(seb_openedx.__file__).parent / "static/seb_openedx/verify.js"
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"

# The values are there when the page begins.
READY = "window.SafeExamBrowser = {version: 'SEB_Windows_3.7.1', security: {configKey: CK, browserExamKey: BEK}};"
# The values come with a call of the object that was given.
CALLS_THE_OBJECT = """
window.SafeExamBrowser = {version: 'SEB_Windows_3.3.1', security: {configKey: ':', browserExamKey: ':',
    updateKeys: function(callback) {
        setTimeout(function() {
            SafeExamBrowser.security.configKey = CK; SafeExamBrowser.security.browserExamKey = BEK; callback();
        }, 50);
    }}};
"""
# The values come with a call of the function's name in the page.
CALLS_THE_NAME = """
window.SafeExamBrowser = {version: 'SEB_macOS_14.0_3.5_1234_org.safeexambrowser.SafeExamBrowser', security: {
    configKey: '', browserExamKey: '',
    updateKeys: function(callback) {
        var name = callback.name;
        setTimeout(function() {
            SafeExamBrowser.security.configKey = CK; SafeExamBrowser.security.browserExamKey = BEK; window[name]();
        }, 50);
    }}};
"""
NO_CLIENT = ""


class Visit:
    """What happened on the page: ``sent`` by the script, ``shown`` to the learner, and where he went."""

    sent: dict | None = None
    token = ""
    shown = ""
    address = ""


def visit(page_url: str, html: bytes, client: str, config_hash: str, answer: dict, status: int) -> Visit:
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not executable:
        pytest.fail("no Chromium: install it (Debian: apt-get install chromium) or name it in CHROMIUM")
    seen = Visit()

    def serve(route: Route) -> None:
        request = route.request
        if request.url == page_url:
            headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
            route.fulfill(body=html, headers=headers)
        elif request.url.endswith("verify.js"):
            route.fulfill(path=SCRIPT, content_type="text/javascript")
        elif request.method == "POST":
            seen.sent, seen.token = request.post_data_json, request.headers["x-csrftoken"]
            route.fulfill(json=answer, status=status)
        else:
            route.fulfill(body="the exam", content_type="text/html")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        page = browser.new_page()
        page.route("**/*", serve)
        page.add_init_script(client.replace("BEK", f"'{'b' * 64}'").replace("CK", f"'{config_hash}'"))
        page.goto(page_url)
        if status == 200 and client:
            page.wait_for_url("**/the-exam/")
        else:
            page.locator("[role=alert] p:visible").wait_for(timeout=30_000)
            seen.shown = page.locator("[role=alert]").inner_text()
            assert page.get_by_role("link", name="Open in Safe Exam Browser").is_visible()
        seen.address = page.url
        browser.close()
    return seen


@pytest.mark.parametrize(
    "client", [READY, CALLS_THE_OBJECT, CALLS_THE_NAME], ids=["ready", "calls-the-object", "calls-the-name"]
)
def test_what_the_script_sends_is_a_proof(require, browser, mac, client):
    require()
    page = mac.follow(launch_link(browser))
    right = header_hash(mac.address, mac.config_key)

    seen = visit(mac.address, page.content, client, right, {"verified": True, "next": "/the-exam/"}, 200)

    assert seen.address == f"{ORIGIN}/the-exam/"
    reply = mac.client.post(
        "/seb-openedx/api/v2/verify", seen.sent, content_type="application/json", HTTP_X_CSRFTOKEN=seen.token
    )
    assert reply.json()["verified"] is True, reply.content


@pytest.mark.parametrize(
    ("client", "code", "shown"),
    [
        (NO_CLIENT, "", "This exam opens only in Safe Exam Browser."),
        (READY, "browser_key_mismatch", "does not have the settings of this exam"),
        (READY, "version_too_old", "too old"),
        (READY, "a code of tomorrow", "This exam opens only in Safe Exam Browser."),
    ],
    ids=["no-client", "wrong-key", "too-old", "unknown-code"],
)
def test_a_learner_reads_why_he_is_not_let_in(require, browser, mac, client, code, shown):
    require()
    page = mac.follow(launch_link(browser))

    seen = visit(mac.address, page.content, client, "0" * 64, {"verified": False, "code": code, "url": None}, 403)

    assert shown in seen.shown
    assert (seen.sent is None) is (client is NO_CLIENT)
