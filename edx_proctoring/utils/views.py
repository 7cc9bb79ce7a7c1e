"""Base of REST views that need a login.

Contract: contract/rest-rules#base-class, contract/rest-rules#authentication.
"""

from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.views import APIView

from edx_proctoring.utils.signed_jwt import SignedJwtAuthentication

__all__ = ["AuthenticatedAPIView"]


class AuthenticatedAPIView(APIView):
    """A view for users who are signed in by session or by JWT.

    Session comes first, so that anonymous requests get 403, not 401.
    """

    authentication_classes = (SessionAuthentication, SignedJwtAuthentication)
    permission_classes = (IsAuthenticated,)
