"""The app at the root, as in the tests, and the bare flow beside it."""

from django.urls import include, path

import test_urls
from bench.compare.bare_flow import BareAttempt, BareAttempts

urlpatterns = [
    path("bench/bare/attempt", BareAttempts.as_view()),
    path("bench/bare/attempt/<int:attempt_id>", BareAttempt.as_view()),
    path("", include(test_urls)),
]
