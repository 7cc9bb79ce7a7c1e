"""URLs of the page."""

from django.urls import re_path

from seb_openedx.dashboard.views import TableView, staff_or_course_staff

urlpatterns = [re_path(r"^$", staff_or_course_staff(TableView.as_view()), name="seb-dashboard")]
