"""What all pages share: who may see them, and how they are shown. Contract: contract/safe-exam-browser#dashboard."""

from typing import Any, ClassVar, Final

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from seb_openedx.edxapp_wrapper.course_staff import is_course_staff

# Below the plug-in's namespace in the LMS; without it where seb_openedx.urls is the root.
_NAMESPACES: Final = ("seb-openedx:seb-dashboard:", "seb-dashboard:")


class StaffPage(View):
    """A page for global staff, and for the staff of the course that a request concerns. Others have to log in."""

    template_name: ClassVar[str]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check who asks."""
        user = request.user
        if not user.is_authenticated:
            return _to_login(request)
        if not is_global_staff(user):
            course_key = self.concerned_course(request)
            if course_key is None or not is_course_staff(user, course_key):
                return _to_login(request)
        answer = super().dispatch(request, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    def concerned_course(self, request: HttpRequest) -> CourseKey | None:
        """Return the course whose staff may ask: the one that is acted on, else the one that is shown."""
        return as_course_key(request.POST.get("course_id") or request.GET.get("course_id"))

    def own_course(self, request: HttpRequest) -> CourseKey | None:
        """Return the one course that the caller may see; None for global staff, who see all."""
        return None if is_global_staff(request.user) else self.concerned_course(request)

    def context(self, request: HttpRequest, error: str = "") -> dict[str, Any]:
        """Return what the page shows. ``error``: what could not be done."""
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show the page; 400 for filters that make no sense."""
        context = self.context(request)
        filters = context.get("filters_form")
        return self.shown(request, context, status=200 if filters is None or filters.is_valid() else 400)

    def refused(self, request: HttpRequest, text: str) -> HttpResponse:
        """Show the page again, with what could not be done."""
        return self.shown(request, self.context(request, error=text), status=400)

    def shown(self, request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        """Return the page."""
        own_course = self.own_course(request)
        context = {
            **context,
            "tabs": _tabs(request, own_course),
            "all_url": _with_query(request.path, {"course_id": str(own_course)} if own_course else {}),
            "notices": list(map(str, messages.get_messages(request))),
        }
        return render(request, self.template_name, context, status=status)

    def done(self, request: HttpRequest, text: str, course_key: CourseKey | None) -> HttpResponse:
        """Lead back to the same search, order and page, where ``text`` says what was done."""
        # The host may have no middleware for messages.
        messages.success(request, text, fail_silently=True)
        query = request.GET.copy()
        if not is_global_staff(request.user):
            query["course_id"] = str(course_key)
        return HttpResponseRedirect(f"{request.path}?{query.urlencode()}" if query else request.path)


def is_global_staff(user: Any) -> bool:
    """Return whether a user works for all courses."""
    return bool(user.is_active and user.is_staff)


def course_id_in(value: str | None) -> str:
    """Return a course id. A plus sign that was pasted into an address arrives as a space; no course id has spaces."""
    return (value or "").strip().replace(" ", "+")


def as_course_key(value: str | None) -> CourseKey | None:
    """Return the key of a course from text, None if it is none."""
    try:
        return CourseKey.from_string(course_id_in(value))
    except InvalidKeyError:
        return None


def url_of(name: str) -> str:
    """Return the path of a page. Raises ``NoReverseMatch`` where the host has not included it."""
    try:
        return reverse(_NAMESPACES[0] + name)
    except NoReverseMatch:
        return reverse(_NAMESPACES[1] + name)


def link_to(name: str, **query: str) -> str:
    """Return the address of a page with a search."""
    return _with_query(url_of(name), query)


def _with_query(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _tabs(request: HttpRequest, own_course: CourseKey | None) -> list[dict[str, Any]]:
    """Return the pages. Each shows the course that this one shows."""
    course_id = str(own_course or course_id_in(request.GET.get("course_id")))
    query = {"course_id": course_id} if course_id else {}
    texts = {"seb-dashboard": _("Bans"), "refusals": _("Refusals"), "sessions": _("Sessions")}
    return [
        {"text": text, "url": link_to(name, **query), "is_here": request.path == url_of(name)}
        for name, text in texts.items()
    ]


def _to_login(request: HttpRequest) -> HttpResponseRedirect:
    try:
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    except NoReverseMatch:  # no admin site to log in to
        return redirect_to_login(request.get_full_path())
