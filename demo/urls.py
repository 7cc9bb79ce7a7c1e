"""URLs of the demo host. The package's URLs come from its entry point."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.decorators.cache import cache_control
from django.views.generic import RedirectView
from edx_django_utils.plugins import get_plugin_url_patterns

from demo.host import oauth
from demo.host.views import (
    courseware,
    home,
    instructor,
    instructor_api,
    outline,
    progress,
    scripts,
    studio,
    studio_seb,
    support,
    tools,
)

COURSE = rf"^courses/{settings.COURSE_ID_PATTERN}"
LEARNING = rf"^course/{settings.COURSE_ID_PATTERN}"
# On the platform Studio is another process, in which Safe Exam Browser's middleware does nothing. Here it would keep
# the team of a protected course out, so Studio's addresses call their parts by names that it does not know.
RUN_ID = settings.COURSE_ID_PATTERN.replace("<course_id>", "<run_id>")
RUN = rf"^course/{RUN_ID}"

lms_patterns = [
    path("", home.home, name="home"),
    path("login/<str:username>", home.log_in, name="login"),
    path("logout", home.log_out, name="logout"),
    path("healthz", home.health, name="health"),
    re_path(rf"{COURSE}/outline$", outline.outline, name="outline"),
    # The learning front end's addresses of a course.
    re_path(rf"{LEARNING}/home$", RedirectView.as_view(pattern_name="outline")),
    re_path(rf"{LEARNING}/(?P<location>block-v1:.+)$", RedirectView.as_view(pattern_name="jump_to")),
    re_path(rf"{COURSE}/jump_to/(?P<location>.+)$", courseware.jump_to, name="jump_to"),
    re_path(rf"{COURSE}/courseware/(?P<usage_key>.+)$", courseware.sequence, name="sequence"),
    re_path(rf"{COURSE}/progress$", progress.progress, name="progress"),
    re_path(rf"{COURSE}/progress/(?P<student_id>\d+)/$", progress.progress_of, name="student_progress"),
    re_path(rf"{COURSE}/instructor/api/proctored_exam_results$", instructor.results_csv, name="exam_results"),
    re_path(rf"{COURSE}/instructor$", instructor.dashboard, name="instructor_dashboard"),
    re_path(r"^xblock/(?P<usage_key>.+)/answer$", courseware.handle_xblock_callback, name="answer"),
    re_path(r"^xblock/(?P<usage_key>.+)$", courseware.render_xblock, name="xblock"),
    path("password_assistance", support.password_assistance, name="password_assistance"),
    path("support/contact_us", support.contact_us, name="contact_us"),
    path("support/onboarding_status/<str:username_or_email>", support.onboarding_status, name="onboarding_status"),
    path("oauth2/access_token", oauth.access_token, name="access_token"),
]

# What the Instructor Dashboard front end calls.
instructor_patterns = [
    re_path(rf"^api/instructor/v2/courses/{settings.COURSE_ID_PATTERN}/{pattern}", view.as_view())
    for pattern, view in instructor_api.PATTERNS
]

studio_patterns = [
    re_path(rf"{RUN}/sequence/(?P<subsection>.+)$", studio.sequence, name="studio_sequence"),
    re_path(rf"{RUN}/seb/(?P<subsection>.+)$", studio_seb.exam_browser, name="studio_seb"),
    re_path(rf"{RUN}/advanced$", studio_seb.advanced_settings, name="studio_advanced"),
    re_path(rf"{RUN}/proctoring$", studio.proctoring_settings, name="studio_proctoring"),
    re_path(rf"{RUN}/publish$", studio.publish, name="studio_publish"),
    re_path(rf"{RUN}$", studio.course, name="studio_course"),
    re_path(
        rf"^api/contentstore/v1/proctored_exam_settings/{RUN_ID}$",
        studio.proctoring_settings_api,
        name="studio_proctoring_api",
    ),
]

tool_patterns = [
    path("_demo/log", tools.log, name="demo_log"),
    path("_demo/outbox", tools.outbox, name="demo_outbox"),
    path("_demo/tickets", tools.tickets, name="demo_tickets"),
    path("_demo/faults", tools.faults, name="demo_faults"),
    path("_demo/clock", tools.clock, name="demo_clock"),
    path("_demo/extensions", tools.extensions, name="demo_extensions"),
    path("_demo/learners", tools.learners, name="demo_learners"),
    path("_demo/provider", tools.provider, name="demo_provider"),
]

urlpatterns = [
    *lms_patterns,
    *instructor_patterns,
    *(studio_patterns if settings.IS_STUDIO else []),
    *(tool_patterns if settings.DEMO_TOOLS else []),
    path("i18n/", include("django.conf.urls.i18n")),
    # Pages name their language in the address, and wait for this script. The platform compiles it into a static file.
    path(
        "jsi18n/",
        cache_control(private=True, max_age=600)(scripts.catalogue),
        name="javascript_catalog",
    ),
    path("admin/", admin.site.urls),
    *get_plugin_url_patterns(settings.PROJECT_TYPE),
]
