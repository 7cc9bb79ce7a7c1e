"""Content negotiation of version 2: JSON, or 406."""

from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.utils.mediatypes import media_type_matches

from edx_proctoring.views.problem_details import CONTENT_TYPE

__all__ = ["AnyAccept", "JSONNegotiation"]


class JSONNegotiation(DefaultContentNegotiation):
    """Looks at ``Accept`` only.

    REST framework also reads ``?format=``, and answers 404 for an unknown one before the login is checked.
    """

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the JSON renderer and its media type. Raises NotAcceptable."""
        [renderer] = renderers
        offered = (renderer.media_type, CONTENT_TYPE)
        for accepted in self.get_accept_list(request):
            if any(media_type_matches(media_type, accepted) for media_type in offered):
                return renderer, renderer.media_type
        raise NotAcceptable(available_renderers=renderers)


class AnyAccept(JSONNegotiation):
    """For files, which a link downloads: browsers ask for HTML then. Refusals are JSON."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the JSON renderer and its media type."""
        [renderer] = renderers
        return renderer, renderer.media_type
