"""``mock-provider-instructor``: print or open a link to the instructor's dashboard.

Contract: contract/mock-provider#instructor-link.
"""

from __future__ import annotations

import argparse
import time
import uuid
import webbrowser
from collections.abc import Sequence

import jwt


def instructor_url(base_url: str, client_id: str, client_secret: str, course_id: str, lifetime: float = 3600) -> str:
    """The link that an LMS would make, valid for ``lifetime`` seconds.

    Contract: contract/provider-wire#dashboard-link.
    """
    claims = {
        "course_id": course_id,
        "user": {"id": "instructor", "full_name": "Ann Instructor", "email": "ann@example.com"},
        "iss": client_id,
        "jti": uuid.uuid4().hex,
        "exp": time.time() + lifetime,
    }
    token = jwt.encode(claims, client_secret, algorithm="HS256")
    return f"{base_url.rstrip('/')}/api/v1/instructor/{client_id}/?jwt={token}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line; returns the exit code."""
    options = argparse.ArgumentParser(prog="mock-provider-instructor", description=(__doc__ or "").partition(":")[2])
    options.add_argument("client_id", nargs="?", default="client")
    options.add_argument("client_secret", nargs="?", default="clientsecret")
    options.add_argument("-c", "--course-id", required=True)
    options.add_argument("-u", "--url", default="http://localhost:11136", help="the provider (default: %(default)s)")
    options.add_argument("-o", "--open", action="store_true", help="open it in a browser")
    given = options.parse_args(arguments)
    url = instructor_url(given.url, given.client_id, given.client_secret, given.course_id)
    print(url)
    if given.open:
        webbrowser.open(url)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
