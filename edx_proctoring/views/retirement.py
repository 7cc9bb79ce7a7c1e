"""Deletion of a user's data when the user leaves the platform.

Contract: POST /v1/retire_backend_user/{user_id}/, POST /v1/retire_user/{user_id}/.

The host's retirement scripts call these, and repeat a step until it succeeds.
"""

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.privacy import user_retirement
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.permissions import MAY_RETIRE
from edx_proctoring.views.problem_details import CODE_HEADER
from edx_proctoring.views.request_fields import parse_id


class BackendUserManagementAPI(ProctoredAPIView):
    """A user's data at the providers.

    POST: holders of the retirement permission.
    """

    def post(self, request: Request, user_id: str) -> Response:
        """Ask the providers to delete it; 500 with the same body until all of them have."""
        if not request.user.has_perm(MAY_RETIRE):
            return Response(status=status.HTTP_403_FORBIDDEN)
        outcome = user_retirement.retire_learner_at_providers(parse_id(user_id, "user_id"))
        if not all(outcome.values()):
            return Response(
                status=status.HTTP_500_INTERNAL_SERVER_ERROR, data=outcome, headers={CODE_HEADER: "provider_rejected"}
            )
        return Response(data=outcome)


class UserRetirement(ProctoredAPIView):
    """A user's data in our tables.

    POST: holders of the retirement permission.
    """

    def post(self, request: Request, user_id: str) -> Response:
        """Erase it; 204 even if there was none."""
        if not request.user.has_perm(MAY_RETIRE):
            return Response(status=status.HTTP_403_FORBIDDEN)
        user_retirement.retire_learner(parse_id(user_id, "user_id"))
        return Response(status=status.HTTP_204_NO_CONTENT)
