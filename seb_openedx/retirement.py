"""Removes what is stored about a learner who is retired. Contract: contract/seb-audit#retirement."""

from collections.abc import Sequence
from typing import Any, Final

from django.db import router, transaction
from django.db.models import Model, Q

from seb_openedx.audit_models import SebAccessLog, SebBanState
from seb_openedx.edxapp_wrapper.retired_names import retired_name_of
from seb_openedx.exam_models import SebChallenge, SebConfigTemplate, SebExamConfiguration, SebSession, SebStartToken
from seb_openedx.models import ForbiddenCourseAccess

# Columns that name a person in rows that stay.
_NAMES: Final[Sequence[tuple[type[Model], str]]] = (
    (ForbiddenCourseAccess, "username"),
    (ForbiddenCourseAccess, "last_modified_by_username"),
    (SebAccessLog, "actor_username"),
    (SebSession, "released_by_username"),
    (SebExamConfiguration, "modified_by_username"),
    (SebConfigTemplate, "modified_by_username"),
)


def retire_user(user_id: int, username: str, retired_username: str) -> dict[str, int]:
    """Delete a learner's rows, and replace the old name by the retired one where a row must stay.

    Bans stay, under the retired name. Where the person has acted on others, as staff do, the retired name stands
    there. May be repeated. Returns the name of each table with how many of its rows were deleted or changed. Raises
    ``ValueError`` for an empty name, which would be that of everybody without one.
    """
    if not username or not retired_username:
        raise ValueError("username and retired_username must not be empty")
    done: dict[str, int] = {}
    with transaction.atomic(using=router.db_for_write(SebSession)):
        for model, own in _own_rows(user_id, username):
            done[model.__name__], _ = model._default_manager.filter(own).delete()
        for model, column in _NAMES:
            rows = model._default_manager.filter(**{column: username})
            done[f"{model.__name__}.{column}"] = rows.update(**{column: retired_username})
        done["SebExamConfiguration.exempt_usernames"] = _leave_lists(username)
    return {name: count for name, count in done.items() if count}


def _own_rows(user_id: int, username: str) -> Sequence[tuple[type[Model], Q]]:
    return (
        (SebSession, Q(user_id=user_id)),
        (SebChallenge, Q(user_id=user_id)),
        (SebStartToken, Q(user_id=user_id)),
        (SebAccessLog, Q(user_id=user_id) | Q(username=username)),
        (SebBanState, Q(username=username)),
    )


def _leave_lists(username: str) -> int:
    """Take a learner from the lists of those who may use any browser. Neither file nor key depends on them."""
    changed = 0
    for row in SebExamConfiguration.objects.exclude(exempt_usernames=[]).iterator():
        if username in row.exempt_usernames:
            names = [name for name in row.exempt_usernames if name != username]
            changed += SebExamConfiguration.objects.filter(pk=row.pk).update(exempt_usernames=names)
    return changed


def retire(sender: Any, user: Any, **kwargs: Any) -> None:
    """Receive the host's signal that a user is being retired."""
    retire_user(user.pk, user.username, retired_name_of(user))
