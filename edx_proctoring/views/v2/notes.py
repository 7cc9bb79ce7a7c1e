"""Notes of invigilators. Contract: contract/rest-v2#notes."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import conf
from edx_proctoring.api.attempts import notes
from edx_proctoring.api.course_staff import note_list
from edx_proctoring.utils.storable import storable
from edx_proctoring.utils.texts import without_controls
from edx_proctoring.views.base import caller
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.lists import InstantField, ListQuery, ReasonRequest
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import NoteSerializer

__all__ = ["Note", "NotesOfAttempt"]


class NoteRequest(serializers.Serializer):
    """What was seen. ``category``: of the setting ``NOTE_CATEGORIES``; ``at``: when, now without it."""

    category = serializers.CharField(max_length=32)
    text = serializers.CharField(max_length=notes.LONGEST_NOTE)
    at = InstantField(required=False)

    def validate_category(self, word: str) -> str:
        """Refuse a category that this site does not have."""
        categories = conf.proctoring.note_categories
        if word not in categories:
            sentence = _("“{word}” is not one of {words}.").format(word=word, words=", ".join(categories))
            raise serializers.ValidationError(sentence)
        return word

    def validate_text(self, text: str) -> str:
        """Refuse what is blank without its control characters; line breaks stay."""
        cleaned: str = storable(without_controls(text, keep="\n")).strip()
        if not cleaned:
            raise serializers.ValidationError(self.fields["text"].error_messages["blank"])
        return cleaned

    def validate_at(self, moment: datetime) -> datetime:
        """Refuse a moment that is still to come."""
        if moment > timezone.now():
            raise serializers.ValidationError(_("This is in the future."))
        return moment


class NotesOfAttempt(StaffView):
    """GET, POST: the notes about one attempt."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "notes_list",
            "List the notes about an attempt, the newest first, with those that were retracted.",
            Access.COURSE,
            queries=8,
            query=ListQuery,
            response=NoteSerializer,
            is_list=True,
        ),
        "POST": Operation(
            "notes_add",
            "Note what was seen during an attempt, for colleagues; learners do not see it.",
            Access.COURSE,
            queries=12,
            request=NoteRequest,
            response=NoteSerializer,
            status=201,
        ),
    }

    def get(self, request: Request, attempt_id: int) -> Response:
        """Return one page of notes."""
        return self.reply_rows(note_list.notes_of_attempt(attempt_id), note_list.note_rows)

    @idempotent
    def post(self, request: Request, attempt_id: int) -> Response:
        """Add a note, and return it."""
        body = self.body()
        try:
            note_id = notes.add_note(attempt_id, **body, by=caller(request), now=timezone.now())
        except notes.NoteTooEarly as error:
            raise serializers.ValidationError({"at": [InstantField.default_error_messages["invalid"]]}) from error
        return self.reply(note_list.note_row(note_id))


class Note(StaffView):
    """DELETE: retract a note."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "DELETE": Operation(
            "notes_retract",
            "Retract a note that was wrong; it stays on record.",
            Access.COURSE,
            queries=12,
            request=ReasonRequest,
            response=NoteSerializer,
            problems=("conflict",),
        )
    }

    @idempotent
    def delete(self, request: Request, note_id: int) -> Response:
        """Retract it, and return it."""
        notes.retract_note(note_id, by=caller(request), reason=self.body()["reason"], now=timezone.now())
        return self.reply(note_list.note_row(note_id))
