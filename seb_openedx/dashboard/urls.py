"""URLs of the pages."""

from django.urls import re_path

from seb_openedx.dashboard.refusals import RefusalsView
from seb_openedx.dashboard.sessions import SessionsView
from seb_openedx.dashboard.views import TableView

urlpatterns = [
    re_path(r"^$", TableView.as_view(), name="seb-dashboard"),
    re_path(r"^refusals/\Z", RefusalsView.as_view(), name="refusals"),
    re_path(r"^sessions/\Z", SessionsView.as_view(), name="sessions"),
]
