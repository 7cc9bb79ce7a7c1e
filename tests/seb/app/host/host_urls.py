"""URLs as the LMS has them: its paths, keyword names, URL names and modules of views."""

import api_views
from django.contrib import admin
from django.urls import include, path, re_path
from lms.djangoapps.course_home_api import views as course_home_api
from lms.djangoapps.course_wiki import views as course_wiki
from lms.djangoapps.courseware import block_render, masquerade
from lms.djangoapps.courseware.views import views
from lms.djangoapps.courseware.views.index import CoursewareIndex
from lms.djangoapps.discussion import views as discussion
from openedx.features.course_experience import views as course_experience

COURSE_KEY = r"(?P<course_key_string>[^/+]+(/|\+)[^/+]+(/|\+)[^/?]+)"
COURSE_ID = COURSE_KEY.replace("course_key_string", "course_id")
USAGE_ID = r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))"
USAGE_KEY = USAGE_ID.replace("usage_id", "usage_key_string")

urlpatterns = [
    path("dashboard", views.dashboard, name="dashboard"),
    re_path(rf"^courses/{COURSE_ID}/about$", views.course_about, name="about_course"),
    re_path(rf"^courses/{COURSE_ID}/progress$", views.progress, name="progress"),
    re_path(rf"^courses/{COURSE_ID}/progress/(?P<student_id>[^/]*)/$", views.progress, name="student_progress"),
    re_path(
        rf"^courses/{COURSE_ID}/courseware/(?P<chapter>[^/]*)/(?P<section>[^/]*)/$",
        CoursewareIndex.as_view(),
        name="courseware_section",
    ),
    re_path(
        rf"^courses/{COURSE_ID}/xblock/{USAGE_ID}/handler/(?P<handler>[^/]*)$",
        block_render.handle_xblock_callback,
        name="xblock_handler",
    ),
    re_path(rf"^xblock/{USAGE_KEY}$", views.render_xblock, name="render_xblock"),
    re_path(rf"^courses/{COURSE_ID}/jump_to/(?P<location>.*)$", views.jump_to, name="jump_to"),
    re_path(rf"^courses/{COURSE_ID}/jump_to_id/(?P<module_id>.*)$", views.jump_to, name="jump_to_id"),
    re_path(rf"^courses/{COURSE_KEY}/masquerade$", masquerade.handle_ajax, name="masquerade_update"),
    re_path(
        rf"^courses/{COURSE_ID}/discussion/forum/$", discussion.forum_form_discussion, name="forum_form_discussion"
    ),
    re_path(rf"^courses/{COURSE_ID}/course_wiki$", course_wiki.course_wiki_redirect, name="course_wiki"),
    re_path(rf"^courses/{COURSE_ID}/course/$", course_experience.course_home, name="openedx.course_home"),
    re_path(rf"^api/courseware/course/{COURSE_KEY}$", api_views.content, name="courseware-api"),
    re_path(rf"^api/courseware/sequence/{USAGE_KEY}$", api_views.content, name="sequence-api"),
    re_path(rf"^api/course_home/outline/{COURSE_KEY}$", course_home_api.outline, name="outline-tab"),
    re_path(rf"^api/course_home/v1/navigation/{COURSE_KEY}$", course_home_api.outline, name="navigation"),
    path("api/courses/v1/blocks/", api_views.content, name="blocks_in_course"),
    re_path(rf"^api/courses/v1/blocks/{USAGE_KEY}$", api_views.content, name="blocks_in_block_tree"),
    re_path(rf"^api/grades/v1/courses/{COURSE_ID}/$", api_views.content, name="grades"),
    re_path(r"^api/by_key/(?P<usage_key>[^/]+)$", api_views.content),
    re_path(r"^api/by_str/(?P<usage_key_str>[^/]+)$", api_views.content),
    re_path(r"^api/by_location/(?P<location>[^/]+)$", api_views.content),
    re_path(r"^api/by_block/(?P<block_id>[^/]+)$", api_views.content),
    re_path(r"^api/by_course/(?P<course_key>[^/]+)$", api_views.content),
    re_path(r"^api/edx_proctoring/v1/proctored_exam/attempt/course_id/(?P<course_id>.+)$", api_views.content),
    path("seb-openedx/", include(("seb_openedx.urls", "seb_openedx"), namespace="seb-openedx")),
    path("admin/", admin.site.urls),
]
