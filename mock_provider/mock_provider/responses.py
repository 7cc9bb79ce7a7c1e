"""Answers that several endpoints give to programs."""

from __future__ import annotations

from flask import Response, jsonify
from werkzeug.exceptions import HTTPException, MethodNotAllowed

# The words that clients know; other errors are named as Werkzeug names them.
MESSAGES = {413: "body too large", 500: "internal error"}


def error(message: str, status: int, **details: str) -> Response:
    """A JSON error."""
    response = jsonify(error=message, **details)
    response.status_code = status
    return response


def http_error(problem: HTTPException) -> Response:
    """What Flask itself refuses (unknown address, wrong method, large body, a crash), in JSON like all our errors."""
    status = problem.code or 500
    response = error(MESSAGES.get(status, problem.name.lower()), status)
    if isinstance(problem, MethodNotAllowed) and problem.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(problem.valid_methods))
    return response
