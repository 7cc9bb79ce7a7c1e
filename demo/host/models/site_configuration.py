"""The platform's settings per site."""

from __future__ import annotations

from django.contrib.sites.models import Site
from django.db import models


class SiteConfiguration(models.Model):
    """Settings of one site, over those of the platform. They count while ``enabled``.

    .. no_pii:
    """

    site = models.OneToOneField(Site, on_delete=models.CASCADE)
    enabled = models.BooleanField(default=True)
    site_values = models.JSONField(
        default=dict, blank=True, help_text='For example {"SAFE_EXAM_BROWSER": {"course-v1:…": ["key"]}}.'
    )

    def __str__(self) -> str:
        return f"site {self.site_id}"
