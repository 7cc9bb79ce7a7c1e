"""Names of users. Contract: contract/rest-v2#attempt."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db.models import Q

__all__ = ["called", "full_name", "profile_join", "users_by_id"]


def full_name(user: Any) -> str:
    """Return the name in the user's profile, or else the account's: some hosts and users have no profile."""
    try:
        name: str = user.profile.name
    except (AttributeError, ObjectDoesNotExist):
        name = ""
    return name or user.get_full_name() or user.username


def profile_join(path: str = "user") -> tuple[str, ...]:
    """Return what ``select_related`` needs so that ``full_name`` costs no query per user.

    ``path``: the name of the user in the row, empty for rows that are users. Hosts without profiles: only the user.
    """
    joined = (path,) if path else ()
    try:
        get_user_model()._meta.get_field("profile")
    except FieldDoesNotExist:
        return joined
    return (*joined, "__".join((*joined, "profile")))


def users_by_id(user_ids: Collection[int | None]) -> dict[int, Any]:
    """Return ``{id: user}``, with what ``full_name`` needs; without None and unknown ids. One query at the most."""
    known = {user_id for user_id in user_ids if user_id is not None}
    if not known:
        return {}
    users: dict[int, Any] = get_user_model()._default_manager.select_related(*profile_join("")).in_bulk(known)
    return users


def called(text: str, path: str = "user") -> Q:
    """Return the condition that the username or e-mail address of the user under ``path`` contains a text."""
    return Q(**{f"{path}__username__icontains": text}) | Q(**{f"{path}__email__icontains": text})
