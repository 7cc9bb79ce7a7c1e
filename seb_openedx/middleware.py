"""Decides for each request to a course page whether it may pass. Contract: contract/safe-exam-browser#decision.

Studio imports this module without the app: nothing here needs a setting, the host's packages or an installed app.
"""

import logging
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from itertools import chain
from typing import Any, Final

from django.conf import settings
from django.http import Http404

from seb_openedx import access_log, conf, seb_keys_sources, texts, unprotected_courses, user_banning
from seb_openedx.access import audit, blacklist, refusal, requests, strikes, whitelist
from seb_openedx.configuration_reading import fetch, is_unconfigured, is_unknown, one_request, remember_protection
from seb_openedx.edxapp_wrapper.edxmako_module import render_to_response, render_to_string
from seb_openedx.edxapp_wrapper.get_courseware_index_view import get_courseware_index_view
from seb_openedx.edxapp_wrapper.get_courseware_module import get_courseware_module
from seb_openedx.edxapp_wrapper.jwt_user import user_of_token
from seb_openedx.exams import access as exam_access
from seb_openedx.exams import learner_pages, requirements
from seb_openedx.lazy_import_seb_courseware_index import LazyImportSebCoursewareIndex
from seb_openedx.log_once import first_time, once_a_minute
from seb_openedx.permissions import (
    AlwaysAllowStaff,
    compares_keys,
    get_enabled_permission_classes,
    opens_without_keys,
)
from seb_openedx.reasons import Reason
from seb_openedx.seb_keys_sources import get_config_by_course
from seb_openedx.user_banning import ban_user, is_user_banned

log = logging.getLogger(__name__)

_MASQUERADE_MODULES: Final = ("courseware.masquerade", "lms.djangoapps.courseware.masquerade")
# Set on a request that a protected course has let pass.
_GRANTED: Final = "_seb_openedx_granted"
# Set on one that a key has opened, now or earlier.
_PROVED: Final = "_seb_openedx_proved"


class _AsUser:
    """A request of another user than the session's, for the one component that asks for the user."""

    def __init__(self, user: Any) -> None:
        self.user = user


class SecureExamBrowserMiddleware:
    """Refuses pages of protected courses to other browsers. Belongs after session and authentication middleware."""

    sync_capable = True
    async_capable = False

    # What ALLOW_MFE_ACCESS opens. Operators extend it by SEB_MFE_PATHS or in a subclass.
    mfe_paths: tuple[str, ...] = whitelist.MFE_PATHS

    def __init__(self, get_response: Callable[[Any], Any] | None = None) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        """Pass the request on; an answer of a protected page is kept out of shared caches."""
        access_log.wait(request)
        try:
            response = self.get_response(request) if self.get_response else None
        finally:
            access_log.write_waiting(request)
        if getattr(request, _GRANTED, None) is True:
            refusal.mark_granted(response)
        if getattr(request, _PROVED, None) is True:
            refusal.tell_who_it_is(request, response)
        return response

    def process_view(self, request: Any, view_func: Any, view_args: Any, view_kwargs: Mapping[str, Any]) -> Any:
        """Return None to let the request pass, else the refusal."""
        if conf.seb.is_studio:
            return None
        course_key = requests.course_of(request, view_kwargs)
        if course_key is None or unprotected_courses.is_noted(course_key) or self._is_masquerade_request(request):
            return None
        with one_request():
            fetch([*requirements.cached_under(course_key), *seb_keys_sources.cached_under(course_key)])
            exam = exam_access.decide(request, course_key, exam_access.masquerade_of(request, course_key))
            if exam.outcome in (exam_access.Outcome.CHALLENGE, exam_access.Outcome.REFUSED):
                return self.handle_exam_denied(request, view_func, course_key, exam)
            if exam.outcome is not exam_access.Outcome.NO_EXAM:
                setattr(request, _GRANTED, True)
            is_proved = exam.outcome is exam_access.Outcome.PROVED
            if is_proved and exam.requirement is not None and not exam.requirement.accepts_name_only:
                setattr(request, _PROVED, True)
            return self._decide(request, view_func, view_args, view_kwargs, course_key, is_proved=is_proved)

    def _decide(
        self,
        request: Any,
        view_func: Any,
        view_args: Any,
        view_kwargs: Mapping[str, Any],
        course_key: Any,
        *,
        is_proved: bool,
    ) -> Any:
        """Decide by the course's configuration. ``is_proved``: an exam of it has seen one of its own keys."""
        config = get_config_by_course(course_key)
        unknown = not config and is_unknown(course_key)
        if conf.seb.individual_activation and not config.get("ENABLED") and not unknown:
            return None

        user_name, masquerade, context = self.handle_masquerade(request, course_key)
        if not masquerade:
            user_name = self._username_of(request)
        if unknown:
            context["config_error"] = True
        banned = False
        try:
            banned = is_user_banned(user_name, course_key)
        except Exception as error:
            # Whether the learner is banned is unknown. Staff pass, as they do when the configuration is.
            context["config_error"] = unknown = True
            if first_time("bans", str(course_key), type(error).__name__):
                log.exception("bans cannot be read: course_id=%s", course_key)

        # Most courses of a platform: they pay for nothing that follows.
        if not config and not banned and not unknown and is_unconfigured(course_key) and opens_without_keys():
            if not requirements.of_course(course_key):
                unprotected_courses.note(course_key)
            return None

        is_listed = self.is_whitelisted_view(config, request, course_key)
        is_closed = is_listed and (
            self.is_blacklisted_chapter(config, request, course_key)
            or self.is_blacklisted_sequence(config, request, course_key)
            or self.is_blacklisted_vertical(config, request, course_key)
        )
        is_open = is_listed and not is_closed
        granted = False
        course = None
        if not is_open and not banned:
            # Keys of an exam count as keys of its course.
            granted = is_proved and not unknown and compares_keys(course_key)
            if not granted and not unknown:
                course = exam_access.decide_course(request, course_key)
                granted = course.outcome is exam_access.Outcome.PROVED
                if granted:
                    setattr(request, _PROVED, True)
            granted = granted or self._is_granted(request, course_key, masquerade, staff_only=unknown)
        is_protected = remember_protection(course_key)
        if not is_open and not granted:
            if course is not None and course.outcome is exam_access.Outcome.CHALLENGE:
                check = learner_pages.to_check(request, course.requirement)
                if check is not None:
                    return refusal.mark_refused(check)
            if banned:
                context["reason"] = Reason.BANNED
            elif unknown:
                context["reason"] = Reason.CONFIG_ERROR
            else:
                code = "" if course is None else course.code
                reason = audit.reason_of(request, course_key, code, is_closed=is_closed)
                context["reason"] = audit.refined(request, reason, is_page=exam_access.is_page(request))
            return self.handle_access_denied(request, view_func, view_args, view_kwargs, course_key, context, user_name)
        if granted and is_protected:
            setattr(request, _GRANTED, True)
        return None

    def _is_granted(self, request: Any, course_key: Any, masquerade: Any, *, staff_only: bool) -> bool:
        """Return whether a permission component grants access."""
        components = [AlwaysAllowStaff] if staff_only else get_enabled_permission_classes(course_key)
        for component in components:
            try:
                if component().check(request, course_key, masquerade):
                    return True
            except Exception as error:
                # The database fails, or an operator's own component does. One that cannot say yes says no.
                if first_time("component fails", component.__name__, type(error).__name__):
                    log.exception("a permission component fails: component=%s", component.__name__)
            # One line a minute tells as much as ten thousand; the audit log has every refusal.
            left_out = once_a_minute("component", component.__name__, str(course_key))
            if left_out is not None:
                log.info(
                    "refused by a permission component: component=%s user_id=%s course_id=%s path=%s left_out=%s",
                    component.__name__,
                    getattr(requests.user_of(request), "pk", None),
                    course_key,
                    requests.path_of(request),
                    left_out,
                )
        if AlwaysAllowStaff in components and not masquerade and (user := user_of_token(request)) is not None:
            return AlwaysAllowStaff().check(_AsUser(user), course_key)
        return False

    # --- Rules, which subclasses may replace ------------------------------------------------------------------------

    def is_whitelisted_view(self, config: dict[str, Any], request: Any, course_key: Any) -> bool:
        """Return whether the page is open to every browser."""
        return whitelist.is_open(config, request, self.mfe_paths)

    def is_blacklisted_chapter(self, config: dict[str, Any], request: Any, course_key: Any) -> bool:
        """Return whether the page is in a chapter that stays closed."""
        return blacklist.is_listed_chapter(config, request, course_key)

    def is_blacklisted_sequence(self, config: dict[str, Any], request: Any, course_key: Any) -> bool:
        """Return whether the page is in a sequence that stays closed."""
        return blacklist.is_listed_sequence(config, request, course_key)

    def is_blacklisted_vertical(self, config: dict[str, Any], request: Any, course_key: Any) -> bool:
        """Return whether the page is in a vertical that stays closed."""
        return blacklist.is_listed_vertical(config, request, course_key)

    def is_xblock_request(self, request: Any) -> bool:
        """Return whether the view renders a block or takes what a block sends."""
        return requests.is_xblock_request(request)

    def get_view_path(self, request: Any) -> str:
        """Return the name of the module with the resolved view."""
        return requests.view_module(request)

    def supports_preview_menu(self, request: Any) -> bool:
        """Return whether the page has the menu with which staff choose as whom they see the course."""
        if requests.in_module(requests.view_module(request), "openedx.features.course_experience"):
            return True
        return self._is_courseware_page(requests.view_name(request))

    def handle_masquerade(self, request: Any, course_key: Any) -> tuple[str | None, Any, dict[str, Any]]:
        """Return as whom a staff member sees the course: user name, masquerade and what pages need."""
        masquerade = exam_access.masquerade_of(request, course_key)
        if not masquerade:
            return None, None, {}
        context = {
            "course": self._course(course_key, missing_ok=True),
            "supports_preview_menu": self.supports_preview_menu(request),
            "staff_access": getattr(getattr(request, "user", None), "is_staff", False),
            "masquerade": masquerade,
        }
        return getattr(masquerade, "user_name", None), masquerade, context

    @classmethod
    def is_installed(cls) -> bool:
        """Return whether the operator has added this middleware, or the subclass on which this is called."""
        listed = [
            *(getattr(settings, "MIDDLEWARE", None) or ()),
            *(getattr(settings, "MIDDLEWARE_CLASSES", None) or ()),
        ]
        return f"{cls.__module__}.{cls.__qualname__}" in listed

    # --- Refusals ---------------------------------------------------------------------------------------------------

    def handle_access_denied(
        self,
        request: Any,
        view_func: Any,
        view_args: Any,
        view_kwargs: Mapping[str, Any],
        course_key: Any,
        context: dict[str, Any],
        user_name: str | None,
    ) -> Any:
        """Return the refusal in the form that the requested view calls for; bans the learner where banning is on."""
        reason = context.setdefault("reason", Reason.DENIED_BY_COMPONENT)
        masquerade = context.get("masquerade")
        banned, is_new_ban = self._banned(request, course_key, user_name, reason, masquerade=masquerade)
        context["banned"], context["is_new_ban"] = banned, is_new_ban
        if not banned:
            context["jump_to_link"] = refusal.link_into_browser(request, course_key)
            context["launch_url"] = refusal.launch_link(request, context["jump_to_link"])

        audit.refused_by_course(request, course_key, reason)

        name = requests.view_name_of(view_func)
        response = None
        if requests.wants_json(request):
            response = refusal.refuse_program(context)
        elif self._is_courseware_page(name):
            response = self._in_courseware_page(request, context, view_args, view_kwargs)
        elif name == "render_xblock":
            response = self.xblock_error_response(request, course_key, context)
        if response is None:
            response = self.generic_error_response(request, course_key, context)
        return refusal.mark_refused(response)

    def handle_exam_denied(self, request: Any, view_func: Any, course_key: Any, exam: exam_access.Decision) -> Any:
        """Return what leads to an exam that demands the browser: a check of it, or how to get there."""
        if exam.outcome is exam_access.Outcome.CHALLENGE and (
            response := learner_pages.to_check(request, exam.requirement)
        ):
            return refusal.mark_refused(response)
        context = learner_pages.refusal_context(request, exam.requirement, exam.code)
        if not exam_access.is_landing(request, exam):
            self._record_exam_denied(request, course_key, exam, context)
        if requests.wants_json(request):
            response = refusal.refuse_program(context)
        elif requests.view_name_of(view_func) == "render_xblock":
            response = self.xblock_error_response(request, course_key, context)
        else:
            response = learner_pages.refused(request, context)
        return refusal.mark_refused(response)

    def _record_exam_denied(
        self, request: Any, course_key: Any, exam: exam_access.Decision, context: dict[str, Any]
    ) -> None:
        """Record the refusal and count it towards a ban."""
        user_name = self._username_of(request)
        masquerade = exam_access.masquerade_of(request, course_key)
        reason = audit.refined(request, exam.code, is_page=exam_access.is_page(request))
        banned = self._banned(request, course_key, user_name, reason, masquerade=masquerade)
        context["banned"], context["is_new_ban"] = banned
        if context["banned"]:
            context["exam_texts"] = {**context["exam_texts"], "message": texts.refusal(context)["message"]}
        found = exam.requirement
        audit.refused(
            request,
            course_key,
            reason,
            content_id=found.content_id if found else "",
            # Of all exams that the page may belong to: any of their keys would have opened it.
            config_keys=chain.from_iterable(one.config_keys for one in exam.concerned),
            browser_keys=chain.from_iterable(one.browser_keys for one in exam.concerned),
        )

    def _banned(
        self, request: Any, course_key: Any, user_name: str | None, reason: str, *, masquerade: Any
    ) -> tuple[bool, bool]:
        """Count a refusal towards a ban; return whether the learner is banned and whether that is new."""
        if reason == Reason.BANNED:
            return True, False
        try:
            # Staff who look at a course as another user do not ban that person.
            if not masquerade and strikes.counts(request, course_key, reason):
                by = self._username_of(request)
                return user_banning.refuse(user_name or "", course_key, by, reason=reason, ban=ban_user)
            return bool(is_user_banned(user_name, course_key)), False
        except Exception as error:
            # The page stays refused; the next refusal bans.
            if first_time("bans", str(course_key), type(error).__name__):
                log.exception("a ban cannot be written: course_id=%s", course_key)
            return False, False

    def _in_courseware_page(
        self, request: Any, context: dict[str, Any], view_args: Any, view_kwargs: Mapping[str, Any]
    ) -> Any:
        """Return the refusal inside the courseware page; None if the host cannot show it there."""
        try:
            return self.courseware_error_response(request, context, *(view_args or ()), **(view_kwargs or {}))
        except Exception as error:
            if first_time("courseware page", type(error).__name__):
                log.exception("the courseware page does not show the refusal, a page of its own does")
            return None

    def courseware_error_response(self, request: Any, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Return the legacy courseware page with the message in the place of the content."""
        fragment_class = import_module("web_fragments.fragment").Fragment
        fragment = fragment_class(render_to_string("seb-403-error-message.html", context))
        # A class of this request alone: on a shared one another thread's message could be shown.
        page = type("SebCoursewareIndex", (LazyImportSebCoursewareIndex.get_or_create_class(),), {})
        page.set_context_fragment(fragment)  # type: ignore[attr-defined]
        return page.as_view()(request, *args, **kwargs)  # type: ignore[attr-defined]

    def xblock_error_response(self, request: Any, course_key: Any, context: dict[str, Any]) -> Any:
        """Return the refusal for a frame. Status 200: the page around it hides what has an error status."""
        context.update(
            dict.fromkeys(
                (
                    "disable_accordion",
                    "allow_iframing",
                    "disable_header",
                    "disable_footer",
                    "disable_window_wrap",
                    "on_courseware_page",
                    "render_course_wide_assets",
                ),
                True,
            )
        )
        context.setdefault("course", None)
        context["request"] = request
        context.update(refusal.frame_context())
        response = render_to_response("seb-xblock.html", context, status=200)
        response.xframe_options_exempt = True
        return response

    def generic_error_response(self, request: Any, course_key: Any, context: dict[str, Any]) -> Any:
        """Return the refusal as a page. Raises ``Http404`` for a course that the host does not have."""
        context["course"] = self._course(course_key, depth=2)
        context["request"] = request
        return render_to_response("seb-403.html", context, status=403)

    # --- Looking things up ------------------------------------------------------------------------------------------

    def _is_masquerade_request(self, request: Any) -> bool:
        if requests.view_module(request) in _MASQUERADE_MODULES:
            return True
        path = requests.path_of(request)
        if "/masquerade" not in path:
            return False
        return re.match(rf"/courses/{conf.seb.course_key_regex}/masquerade", path) is not None

    def _is_courseware_page(self, name: str) -> bool:
        try:
            return bool(name) and getattr(get_courseware_index_view(), "__name__", None) == name
        except Exception:  # ImportError without that page; importing the host's views may raise more
            return False

    def _course(self, course_key: Any, *, missing_ok: bool = False, **options: Any) -> Any:
        """Return the course's block, None if the host cannot give it.

        Raises ``Http404`` if the host has no such course, unless ``missing_ok``.
        """
        try:
            return get_courseware_module().courses.get_course(course_key, **options)
        except Exception as error:
            if isinstance(error, ValueError) and not missing_ok:
                raise Http404(f"{course_key} does not exist") from error
            if first_time("course", str(course_key), type(error).__name__):
                log.exception("the course is not loaded, its refusal page does without: course_id=%s", course_key)
            return None

    def _username_of(self, request: Any) -> str:
        name = getattr(requests.user_of(request), "username", "")
        return name if isinstance(name, str) else ""
