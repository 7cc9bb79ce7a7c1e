"""The configuration of a course. Contract: contract/seb-rest#configuration."""

from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from seb_openedx import ban_policy, conf, configuration_findings
from seb_openedx.api.v1.serializers import COMPONENTS
from seb_openedx.api.v2.base import StaffView, validated
from seb_openedx.api.v2.idempotency import idempotent
from seb_openedx.api.v2.problem_details import ProblemError
from seb_openedx.configuration import MOST_COUNT, as_detailed
from seb_openedx.configuration_reading import one_request, read
from seb_openedx.constants import BAN_KEYS, LIST_KEYS, SEPARATOR_CHAR
from seb_openedx.middleware import SecureExamBrowserMiddleware
from seb_openedx.seb_keys_sources import effective_source, get_ordered_seb_keys_sources, save_course_config

# As many keys as are compared with a request; more would be ignored.
_MOST_ITEMS: Final = 200


def _components() -> set[str]:
    """Return the names that may be set: ours, and those that the operator uses.

    Others are not imported on a caller's word.
    """
    return {*COMPONENTS, "AlwaysAllowCourseStaff", *(conf.seb.permission_components or ())}


def _known_component(name: str) -> None:
    if name not in _components():
        text = _("This permission component is not known. Known ones: %(names)s.")
        raise serializers.ValidationError(text % {"names": ", ".join(sorted(_components()))})


def _one_item(text: str) -> None:
    if SEPARATOR_CHAR in text:
        raise serializers.ValidationError(_("Write each item by itself, without a comma."))


def _list(child: serializers.Field[Any, Any, Any, Any]) -> serializers.ListField:
    return serializers.ListField(child=child, required=False, max_length=_MOST_ITEMS)


class CourseConfigurationSerializer(serializers.Serializer[Any]):
    """What may be written; everything is optional."""

    PERMISSION_COMPONENTS = _list(serializers.CharField(max_length=255, validators=[_known_component]))
    BROWSER_KEYS = _list(serializers.RegexField(r"^[a-zA-Z0-9]+\Z", max_length=255))
    CONFIG_KEYS = _list(serializers.RegexField(r"^[a-zA-Z0-9]+\Z", max_length=255))
    WHITELIST_PATHS = _list(serializers.CharField(max_length=255, validators=[_one_item]))
    BLACKLIST_CHAPTERS = _list(serializers.CharField(max_length=255, validators=[_one_item]))
    BLACKLIST_SEQUENCES = _list(serializers.CharField(max_length=255, validators=[_one_item]))
    BLACKLIST_VERTICALS = _list(serializers.CharField(max_length=255, validators=[_one_item]))
    USER_BANNING_ENABLED = serializers.BooleanField(required=False)
    ALLOW_MFE_ACCESS = serializers.BooleanField(required=False)
    ENABLED = serializers.BooleanField(required=False)
    # null: as the setting says.
    BAN_THRESHOLD = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_COUNT)
    BAN_WINDOW_SECONDS = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=MOST_COUNT)
    BAN_DURATION_SECONDS = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=MOST_COUNT)


class CourseConfigurationView(StaffView):
    """One course's configuration, wherever it is stored."""

    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return what is in force."""
        return Response(_shown(self.course_of_path()))

    @idempotent
    def put(self, request: Request, **kwargs: Any) -> Response:
        """Replace it: what is left out gets its default."""
        course_key = self.course_of_path()
        sent = validated(CourseConfigurationSerializer, request.data)
        config = {**_defaults(), **dict.fromkeys(BAN_KEYS), **sent}
        return self._saved(course_key, config)

    @idempotent
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change the keys that are sent."""
        course_key = self.course_of_path()
        changes = validated(CourseConfigurationSerializer, request.data)
        _source, found = effective_source(course_key)
        config = {**_defaults(), **{key: value for key, value in as_detailed(found).items() if key in _defaults()}}
        return self._saved(course_key, {**config, **ban_policy.own_keys(course_key), **changes})

    @idempotent
    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Remove it from every place that can be written to."""
        course_key = self.course_of_path()
        save_course_config(course_key, None, user_id=request.user.pk)
        if any(_stored(course_key)):
            raise ProblemError("not_saved")
        return Response(status=204)

    def _saved(self, course_key: Any, config: dict[str, Any]) -> Response:
        if not save_course_config(course_key, config, user_id=self.request.user.pk):
            raise ProblemError("not_saved")
        return Response(_shown(course_key))


def _defaults() -> dict[str, Any]:
    return {
        **{key: [] for key in LIST_KEYS},
        "USER_BANNING_ENABLED": conf.seb.banning_enabled,
        "ALLOW_MFE_ACCESS": conf.seb.allow_mfe_access,
        "ENABLED": False,
    }


def _shown(course_key: Any) -> dict[str, Any]:
    with one_request():
        source, found = effective_source(course_key)
        config = as_detailed(found)
        return {
            "course_id": str(course_key),
            **{key: config.get(key, default) for key, default in _defaults().items()},
            **ban_policy.own_keys(course_key),
            "source": source,
            "shadowed_by": source if any(_is_hidden(stored, config) for stored in _stored(course_key)) else None,
            "warnings": [{"code": code, "message": text} for code, text in _warnings(course_key, source, config)],
        }


def _stored(course_key: Any) -> Iterator[dict[str, Any]]:
    """Yield what the places hold to which a configuration can be saved: ``to_x`` writes what ``from_x`` reads."""
    writable = {name.replace("to_", "from_", 1) for name in conf.seb.destinations}
    for source in get_ordered_seb_keys_sources():
        if source.__name__ in writable and (found := read(source, course_key)):
            yield as_detailed(found)


def _is_hidden(stored: dict[str, Any], config: dict[str, Any]) -> bool:
    """Whether a stored configuration says what is not in force."""
    return any(config.get(key, default) != stored.get(key, default) for key, default in _defaults().items())


def _warnings(course_key: Any, source: str | None, config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield code and sentence of everything by which the course may be open, or closed, by accident."""
    if not SecureExamBrowserMiddleware.is_installed():
        yield "not_enforced", _("Nothing is enforced: the middleware is not installed on this server.")
    if source is None:
        return
    if conf.seb.individual_activation and not config.get("ENABLED"):
        yield "not_enabled", _("The course is open to every browser, because ENABLED is off.")
    for name in configuration_findings.components_open_to_everybody(course_key):
        if name == "AlwaysGrantAccess":
            yield "grants_everybody", _("The component AlwaysGrantAccess opens the course to every browser.")
        else:
            text = _("The course is open to every browser, because %(name)s has no key to check.")
            yield "no_keys_open", text % {"name": name}
    for name in configuration_findings.unknown_components(config.get("PERMISSION_COMPONENTS") or ()):
        text = _("There is no permission component %(name)s.") + " " + _("The course's own list is not used.")
        yield "unknown_component", text % {"name": name}
    for key in configuration_findings.unlikely_keys(config):
        yield "unlikely_key", _("The key %(key)s is not 64 hexadecimal digits.") % {"key": key}
