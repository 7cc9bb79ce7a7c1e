"""Uploaded files: how they are sent, refused and described. Contract: contract/seb-rest#files."""

from typing import Any

from rest_framework import serializers

from seb_openedx import conf
from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.exams.uploads import Inspection
from seb_openedx.translation import translated


class FileBody(serializers.Serializer[Any]):
    """A file, and the password that it is encrypted with, which is not kept."""

    # An empty one is refused with the code of files.
    file = serializers.FileField(allow_empty_file=True)
    password = serializers.CharField(max_length=255, allow_blank=True, trim_whitespace=False, default="")


def bytes_of(file: Any) -> bytes:
    """Return an uploaded file; one byte more than is allowed shows that it is too large."""
    data: bytes = file.read(conf.seb.file_max_bytes + 1)
    return data


def problem(code: str, text: str, *, field: str = "file") -> ProblemError:
    """Return how a file is refused: 400 with its own code, also for one that is too large.

    ``field``: of the body, where the mistake is not the password.
    """
    concerned = "password" if code in ("password_required", "wrong_password") else field
    return ProblemError(code, errors={concerned: [text]}, status=400)


def shown(found: Inspection) -> dict[str, Any]:
    """Return what people want to know about a file. Passwords and their hashes are not part of it."""
    return {
        "config_key": found.config_key,
        "format": found.format,
        "encrypted": found.encrypted,
        "served_encrypted": found.served_encrypted,
        "originator": found.originator,
        "settings_summary": found.settings_summary,
        "findings": [
            {
                "level": str(finding.level),
                "code": finding.code,
                "key": finding.key,
                "message": translated(finding.message),
            }
            for finding in found.findings
        ],
    }
