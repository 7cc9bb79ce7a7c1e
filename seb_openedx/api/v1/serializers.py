"""The form of a course's configuration in version 1: six keys, all optional."""

from typing import Final

from rest_framework import serializers

COMPONENTS: Final = (
    "AlwaysAllowStaff",
    "AlwaysDenyAccess",
    "AlwaysGrantAccess",
    "CheckSEBHashConfigKey",
    "CheckSEBHashBrowserExamKey",
    "CheckSEBHashBrowserExamKeyOrConfigKey",
)


def _keys() -> serializers.ListField:
    return serializers.ListField(child=serializers.RegexField(r"^[a-zA-Z0-9]+$"), required=False)


def _texts() -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), required=False)


class SebConfigurationSerializer(serializers.Serializer):
    """Validates what clients send and what is stored."""

    BROWSER_KEYS = _keys()
    CONFIG_KEYS = _keys()
    WHITELIST_PATHS = _texts()
    BLACKLIST_CHAPTERS = _texts()
    PERMISSION_COMPONENTS = serializers.ListField(
        child=serializers.ChoiceField(choices=[(name, name) for name in COMPONENTS]), required=False
    )
    USER_BANNING_ENABLED = serializers.BooleanField(required=False)
