"""The base class of views that require a login."""

import pytest
from django.test import RequestFactory
from edx_rest_framework_extensions.auth.jwt.authentication import JwtAuthentication
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from edx_proctoring.utils import AuthenticatedAPIView
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("rest-rules#base-class", "rest-rules#authentication")]


class WhoAmI(AuthenticatedAPIView):
    """A view of a host that extends our base class."""

    def get(self, request):
        return Response(request.user.username)

    post = get


def ask(method="GET", user=None, **headers):
    request = RequestFactory(enforce_csrf_checks=True).generic(method, "/", **headers)
    if user is not None:
        # As the session middleware sets it.
        request.user = user
    request.session = {}
    return WhoAmI.as_view()(request)


def test_a_user_with_a_session_is_accepted():
    response = ask(user=make_user("iris"))
    assert (response.status_code, response.data) == (200, "iris")


def test_an_anonymous_request_is_answered_with_403_not_401():
    assert ask().status_code == 403


def test_a_write_by_session_without_the_csrf_token_is_refused():
    assert ask("POST", user=make_user()).status_code == 403


def test_a_malformed_token_is_refused():
    assert ask(HTTP_AUTHORIZATION="JWT nonsense").status_code == 403


def test_the_session_is_tried_before_the_token_and_a_login_is_required():
    session, token = AuthenticatedAPIView.authentication_classes
    assert session is SessionAuthentication
    assert issubclass(token, JwtAuthentication)
    assert AuthenticatedAPIView.permission_classes == (IsAuthenticated,)
