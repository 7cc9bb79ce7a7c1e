"""Whether hashes are right, for operators and other tools. Contract: contract/seb-rest#validate-keys."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone
from opaque_keys.edx.keys import CourseKey
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from seb_openedx.api.v2.base import StaffView, as_course_key, validated
from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.exams import course_requirements
from seb_openedx.protocol import find_match

_MOST_URL: Final = 2048


class HashesSerializer(serializers.Serializer[Any]):
    """An address, and what a client sends with it. ``content_id``: an exam; empty for what the whole course demands."""

    course_id = serializers.CharField(max_length=255)
    content_id = serializers.CharField(max_length=255, allow_blank=True, default="")
    # Any host: the address is hashed, never opened.
    url = serializers.RegexField(r"^https?://[^\s/?#]+[^\s]*\Z", max_length=_MOST_URL)
    configkey = serializers.CharField(max_length=255, allow_blank=True, default="")
    browserexamkey = serializers.CharField(max_length=255, allow_blank=True, default="")


class ValidateKeysView(StaffView):
    """Compares hashes with the keys of an exam or a course. Nothing is stored, and nobody gets in by it."""

    def concerned_course(self, request: Request) -> CourseKey | None:
        """Return the course in the body."""
        return self.course_of_body(request)

    def post(self, request: Request) -> Response:
        """Return for each kind of key whether the hash is right; False without a hash, and without keys."""
        sent = validated(HashesSerializer, request.data)
        course_key = as_course_key(sent["course_id"])
        requirement = None if course_key is None else course_requirements.demanded(course_key, sent["content_id"])
        if requirement is None:
            raise ProblemError("not_found")
        return Response(
            {
                "configkey": _fits(sent, "configkey", requirement.accepted_config_keys(timezone.now())),
                "browserexamkey": _fits(sent, "browserexamkey", list(requirement.browser_keys)),
            }
        )


def _fits(sent: Mapping[str, str], kind: str, keys: list[str]) -> bool:
    return bool(sent[kind]) and find_match([sent["url"]], keys, sent[kind]) is not None
