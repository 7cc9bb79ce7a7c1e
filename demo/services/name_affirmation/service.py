"""Verified names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from demo.host.models import VerifiedName


class NameAffirmationService:
    """The name on a learner's identity document."""

    def get_verified_name(
        self, user: Any, is_verified: bool = False, statuses_to_exclude: Iterable[str] | None = None
    ) -> VerifiedName | None:
        """The newest matching name, or None."""
        names = VerifiedName.objects.filter(user=user)
        if is_verified:
            names = names.filter(status="approved")
        if statuses_to_exclude:
            names = names.exclude(status__in=list(statuses_to_exclude))
        return names.first()
