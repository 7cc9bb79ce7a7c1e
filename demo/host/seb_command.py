"""Beside each launch link of Safe Exam Browser: the command that plays that browser. A demonstration's help only.

Nothing on this machine may be able to open ``seb://`` links. The product's own pages stay as they are: this changes
what they send on their way out.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from html import unescape

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from demo.credentials import SEB_CONFIG_KEY, SEB_COURSE_ID

GetResponse = Callable[[HttpRequest], HttpResponse]

_LINK = re.compile(r'<a id="seb-(?:launch-link|link-to-unit)"[^>]*href="(seb://[^"]+)"')
_END = "</main>"


class SebCommandMiddleware:
    """Adds the command to pages with a launch link."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(response, "streaming", False) or "text/html" not in response.get("Content-Type", ""):
            return response
        page = response.content.decode(response.charset)
        link = _LINK.search(page)
        if link is None or _END not in page:
            return response
        command = f".venv/bin/python -m demo.seb_browser {shlex.quote(unescape(link[1]))}"
        if f"/courses/{SEB_COURSE_ID}/" in link[1]:
            # The settings protect this course: there is no file, its learners have the key on their computers.
            command += f" --config-key {SEB_CONFIG_KEY}"
        note = render_to_string("demo/includes/seb_command.html", {"command": command})
        before, end, after = page.rpartition(_END)
        response.content = f"{before}{note}{end}{after}"
        if response.has_header("Content-Length"):
            response["Content-Length"] = str(len(response.content))
        return response
