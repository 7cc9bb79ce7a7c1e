"""Names of users. Contract: contract/rest-v2#attempt."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.db.models.lookups import IContains

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
    return (*joined, "__".join((*joined, "profile"))) if _has_profiles() else joined


def users_by_id(user_ids: Collection[int | None]) -> dict[int, Any]:
    """Return ``{id: user}``, with what ``full_name`` needs; without None and unknown ids. One query at the most."""
    known = {user_id for user_id in user_ids if user_id is not None}
    if not known:
        return {}
    users: dict[int, Any] = get_user_model()._default_manager.select_related(*profile_join("")).in_bulk(known)
    return users


def called(text: str, path: str = "user") -> Q:
    """Return the condition that a user's username, e-mail address or full name contains a text, in any case.

    ``path``: the name of the user in the row, empty for rows that are users.
    """
    prefix = f"{path}__" if path else ""
    names = ["username", "email", *(("profile__name",) if _has_profiles() else ())]
    found = Q(IContains(Concat(F(f"{prefix}first_name"), Value(" "), F(f"{prefix}last_name")), text))
    for name in names:
        found |= Q(**{f"{prefix}{name}__icontains": text})
    return found


def _has_profiles() -> bool:
    try:
        get_user_model()._meta.get_field("profile")
    except FieldDoesNotExist:
        return False
    return True
