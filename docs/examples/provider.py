"""A proctoring provider in one file: the REST protocol, a dashboard, and the callbacks.

``python docs/examples/provider.py 8700 http://localhost:8000`` serves it for the platform at the second address. It
keeps everything in memory and watches nobody: it shows what a provider has to answer. Needs ``pyjwt`` and ``requests``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import requests

CALLBACK = "/api/edx_proctoring/v1/proctored_exam/attempt/{attempt_id}/{kind}"
PAUSES = (5, 20, 60, 300)  # seconds between the tries of a callback


class Provider:
    """What the provider knows. ``callback_secret``: of the platform's option ``callback_secrets``."""

    def __init__(self, client_id: str, client_secret: str, lms: str = "", callback_secret: str = "") -> None:
        self.client_id, self.client_secret = client_id, client_secret
        self.lms, self.callback_secret = lms, callback_secret
        self.url = ""
        self.token_key = secrets.token_hex(32)  # of our access tokens; the platform cannot read them
        self.exams: dict[str, dict[str, Any]] = {}
        self.attempts: dict[str, dict[str, Any]] = {}
        self.registered: dict[str, str] = {}  # Idempotency-Key → id of the attempt
        self.lock = threading.Lock()

    # Requests of the platform. Each returns a status and a JSON value.

    def config(self, **_arguments: Any) -> tuple[int, Any]:
        rules = {"allow_notes": "Notes on paper", "allow_multiple_monitors": "Several screens"}
        steps = ["Download the software.", "Start it, and enter your exam code."]
        return 200, {"name": "Acme", "rules": rules, "instructions": steps, "download_url": f"{self.url}/download/"}

    def save_exam(self, body: dict[str, Any], exam_id: str = "", **_arguments: Any) -> tuple[int, Any]:
        if exam_id and exam_id not in self.exams:
            return 404, {"detail": "no such exam"}
        exam_id = exam_id or secrets.token_hex(16)
        self.exams[exam_id] = {"rules": {}, **body}
        return 200, {"id": exam_id}

    def show_exam(self, exam_id: str, **_arguments: Any) -> tuple[int, Any]:
        return (200, self.exams[exam_id]) if exam_id in self.exams else (404, {"detail": "no such exam"})

    def register(self, exam_id: str, body: dict[str, Any], key: str, **_arguments: Any) -> tuple[int, Any]:
        if exam_id not in self.exams:
            return 404, {"detail": "no such exam"}
        with self.lock:
            attempt_id = self.registered.get(key) or secrets.token_urlsafe(24)
            if key:
                self.registered[key] = attempt_id  # the same registration may come twice
            self.attempts.setdefault(attempt_id, {**body, "exam_id": exam_id})
        return 200, {"id": attempt_id}

    def show_attempt(self, attempt_id: str, **_arguments: Any) -> tuple[int, Any]:
        attempt = self.attempts[attempt_id]
        download = f"{self.url}/download/?attempt={attempt_id}"
        return 200, {"status": attempt["status"], "instructions": ["Start the software."], "download_url": download}

    def change_attempt(self, attempt_id: str, body: dict[str, Any], **_arguments: Any) -> tuple[int, Any]:
        attempt = self.attempts[attempt_id]
        is_new = body.get("status") != attempt["status"]
        attempt.update(body)  # a status, or a new time limit
        if is_new and body.get("status") == "submitted" and self.lms:
            threading.Thread(target=self.send_review, args=(attempt_id,), daemon=True).start()
        return 200, {"status": attempt["status"]}

    def remove_attempt(self, attempt_id: str, **_arguments: Any) -> tuple[int, Any]:
        del self.attempts[attempt_id]
        return 200, {"status": "deleted"}

    def onboarding(self, query: dict[str, str], **_arguments: Any) -> tuple[int, Any]:
        if "user_id" in query:
            return 200, {"user_id": query["user_id"], "status": "no-profile", "expiration_date": None}
        return 200, {"results": [], "count": 0, "num_pages": 1, "next": None, "previous": None}

    def remove_user(self, user_id: str, **_arguments: Any) -> tuple[int, Any]:
        self.attempts = {key: row for key, row in self.attempts.items() if row["user_id"] != user_id}
        return 200, True

    # Callbacks

    def send_ready(self, attempt_id: str) -> bool:
        """Tell the platform that the learner's software is ready. Call it when it is."""
        return self.call_back(attempt_id, "ready", {"status": "ready"})

    def send_review(self, attempt_id: str) -> bool:
        """Tell the platform the verdict."""
        comments = [{"comment": "Looked away", "status": "Suspicious", "start": 60, "stop": 75, "duration": 15}]
        return self.call_back(attempt_id, "reviewed", {"status": "passed", "comments": comments})

    def call_back(self, attempt_id: str, kind: str, document: dict[str, Any]) -> bool:
        """Send a callback until the platform takes or refuses it; return whether it was taken."""
        path, body = CALLBACK.format(attempt_id=attempt_id, kind=kind), json.dumps(document).encode()
        for pause in (*PAUSES, None):
            try:
                headers = {"Authorization": f"JWT {self.access_token()}", **self.signature(path, body)}
                status = self.post(f"{self.lms}{path}", body, {"Content-Type": "application/json", **headers})
            except requests.RequestException:
                status = 503
            if status < 400 or (status < 500 and status not in (408, 409, 429)) or pause is None:
                return status < 400
            time.sleep(pause)
        return False

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        return requests.post(url, data=body, headers=headers, timeout=(3, 20)).status_code

    def access_token(self) -> str:
        credentials = {"client_id": self.client_id, "client_secret": self.client_secret}
        form = {"grant_type": "client_credentials", "token_type": "jwt", **credentials}
        reply = requests.post(f"{self.lms}/oauth2/access_token", data=form, timeout=(3, 20))
        reply.raise_for_status()
        return str(reply.json()["access_token"])

    def signature(self, path: str, body: bytes) -> dict[str, str]:
        if not self.callback_secret:
            return {}
        stamp, nonce = str(int(time.time())), secrets.token_urlsafe(24)
        text = "\n".join(("v1", stamp, nonce, "POST", path, hashlib.sha256(body).hexdigest()))
        digest = hmac.new(self.callback_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        names = ("X-Proctoring-Timestamp", "X-Proctoring-Nonce", "X-Proctoring-Signature")
        return dict(zip(names, (stamp, nonce, f"v1={digest}"), strict=True))


ATTEMPT = r"/api/v1/exam/(?P<exam_id>\w+)/attempt/(?P<attempt_id>[-\w]+)/"
ROUTES = [
    ("GET", r"/api/v1/config/", Provider.config),
    ("POST", r"/api/v1/exam/", Provider.save_exam),
    ("POST", r"/api/v1/exam/(?P<exam_id>\w+)/", Provider.save_exam),
    ("GET", r"/api/v1/exam/(?P<exam_id>\w+)/", Provider.show_exam),
    ("POST", r"/api/v1/exam/(?P<exam_id>\w+)/attempt/", Provider.register),
    ("GET", ATTEMPT, Provider.show_attempt),
    ("PATCH", ATTEMPT, Provider.change_attempt),
    ("DELETE", ATTEMPT, Provider.remove_attempt),
    ("GET", r"/api/v1/courses/(?P<course_id>[^/]+)/onboarding_statuses", Provider.onboarding),
    ("DELETE", r"/api/v1/user/(?P<user_id>\w+)/", Provider.remove_user),
]


def is_good(token: str, key: str) -> bool:
    """Return whether a token is signed with this key and still valid."""
    try:
        return bool(jwt.decode(token, key, algorithms=["HS256"], options={"require": ["exp"]}))
    except jwt.InvalidTokenError:
        return False


def handler_of(provider: Provider) -> type[BaseHTTPRequestHandler]:
    """Return the class that answers requests."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if url.path == "/oauth2/access_token":
                return self.token({name: values[0] for name, values in parse_qs(raw.decode()).items()})
            if url.path == f"/api/v1/instructor/{provider.client_id}/":
                return self.dashboard(query.get("jwt", ""))
            if not is_good(self.headers.get("Authorization", "").removeprefix("JWT "), provider.token_key):
                return self.reply(401, {"detail": "no token"})
            for method, pattern, action in ROUTES:
                found = re.fullmatch(pattern, url.path, re.ASCII)
                if found and method == self.command:
                    arguments: dict[str, Any] = found.groupdict()
                    if "attempt_id" in arguments and arguments["attempt_id"] not in provider.attempts:
                        return self.reply(404, {"detail": "no such attempt"})
                    key = self.headers.get("Idempotency-Key", "")
                    arguments |= {"body": json.loads(raw) if raw else {}, "query": query, "key": key}
                    return self.reply(*action(provider, **arguments))
            return self.reply(404, {"detail": "no such address"})

        do_GET = do_POST = do_PATCH = do_DELETE = answer

        def token(self, form: dict[str, str]) -> None:
            if not hmac.compare_digest(form.get("client_secret", ""), provider.client_secret):
                return self.reply(401, {"error": "invalid_client"})
            claims = {"iss": provider.client_id, "exp": time.time() + 3600}
            token = jwt.encode(claims, provider.token_key, algorithm="HS256")
            return self.reply(200, {"access_token": token, "expires_in": 3600, "token_type": "JWT"})

        def dashboard(self, token: str) -> None:
            # Its claims name the course and the person: ``course_id``, ``user``, maybe ``exam_id`` and ``attempt_id``.
            if not is_good(token, provider.client_secret):
                return self.reply(403, {"detail": "The link is not valid any more."})
            return self.reply(200, "<!DOCTYPE html><title>Acme</title><h1>Attempts</h1>", "text/html")

        def reply(self, status: int, value: Any, media_type: str = "application/json") -> None:
            body = (value if media_type == "text/html" else json.dumps(value)).encode()
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Write nothing."""

    return Handler


def serve(provider: Provider, port: int) -> ThreadingHTTPServer:
    """Return a server for the provider; its caller runs it. Port 0: any free one."""
    server = ThreadingHTTPServer(("127.0.0.1", port), handler_of(provider))
    provider.url = f"http://127.0.0.1:{server.server_port}"
    return server


if __name__ == "__main__":
    serve(Provider("client", "clientsecret", lms=sys.argv[2]), int(sys.argv[1])).serve_forever()
