"""Support tickets."""

from django.db import models


class SupportTicket(models.Model):
    """A ticket that the platform would have opened in its support system.

    .. pii: Username of an invented person
    .. pii_types: username
    .. pii_retirement: local_api
    """

    course_id = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    body = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.subject
