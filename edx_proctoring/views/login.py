"""The login page of the browsable API."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, redirect_to_login
from django.db import transaction
from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.decorators import method_decorator

__all__: list[str] = []


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class ApiLogin(LoginView):
    """DRF's login form, or the host's login page where the form cannot be shown.

    The form posts to ``rest_framework:login``. Below a namespace, where the LMS mounts these URLs, the name does not
    resolve, and the form would answer with a server error.
    """

    template_name = "rest_framework/login.html"

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        """Show the form, empty or with what was wrong, or send the person to the host's login page."""
        try:
            reverse("rest_framework:login")
        except NoReverseMatch:
            following = self.get_redirect_url()
            return redirect_to_login(following) if following else HttpResponseRedirect(resolve_url(settings.LOGIN_URL))
        return super().render_to_response(context, **response_kwargs)
