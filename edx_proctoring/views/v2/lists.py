"""Lists by pages, and the parameters that lists take. Contract: contract/rest-v2#lists."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC
from typing import Any, ClassVar, Final, NoReturn

from django.core.paginator import Page, Paginator
from django.db.models import F, OrderBy
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.utils.urls import replace_query_param

from edx_proctoring.utils.storable import as_id, is_storable, storable
from edx_proctoring.utils.texts import LONGEST_REASON, has_controls, without_controls

__all__ = [
    "FlagField",
    "IdsField",
    "InstantField",
    "ListQuery",
    "OrderingField",
    "PageField",
    "ReasonField",
    "ReasonRequest",
    "SearchField",
    "WordField",
    "WordsField",
    "envelope_of",
    "page_number_of",
    "page_size_of",
    "paged",
]

PAGE_SIZE: Final = 25
MAX_PAGE_SIZE: Final = 100
# More digits than any page number has; ``int`` of a long text takes long.
_MOST_DIGITS: Final = 9
# Of a word that is refused, in characters.
_LONGEST_WORD: Final = 100


def page_number_of(request: Any) -> int:
    """Return the requested page. Raises NotFound if it is not a page number."""
    text = request.query_params.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
    if number < 1:
        raise NotFound
    return number


def page_size_of(request: Any, *, default: int = PAGE_SIZE) -> int:
    """Return the rows per page, between 1 and ``MAX_PAGE_SIZE``. Raises NotFound for anything but a number."""
    text = request.query_params.get("page_size", str(default))
    try:
        return min(max(int(text[:_MOST_DIGITS]), 1), MAX_PAGE_SIZE)
    except ValueError:
        raise NotFound from None


def paged(rows: Any, request: Any) -> Page:
    """Return the requested page of a queryset or list. Raises NotFound beyond the last one."""
    number = page_number_of(request)
    page: Page = Paginator(rows, page_size_of(request)).get_page(number)
    if page.number != number:
        raise NotFound
    return page


def envelope_of(page: Page, request: Any) -> dict[str, Any]:
    """Return the platform's envelope around a page, with links to the pages before and after it."""
    url = request.build_absolute_uri()
    return {
        "next": replace_query_param(url, "page", page.number + 1) if page.has_next() else None,
        "previous": replace_query_param(url, "page", page.number - 1) if page.has_previous() else None,
        "count": page.paginator.count,
        "num_pages": page.paginator.num_pages,
        "current_page": page.number,
        "start": (page.number - 1) * page.paginator.per_page,
        "results": list(page.object_list),
    }


class WordField(serializers.ChoiceField):
    """One of a few words; the refusal names them."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": _("“{word}” is not one of {words}."),
    }

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        """Raise ``ValidationError``; of what was sent, its beginning is enough."""
        word = str(kwargs.pop("input", ""))[:_LONGEST_WORD]
        super().fail(key, word=word, words=", ".join(map(str, self.choices)), **kwargs)


class WordsField(serializers.Field):
    """Some of a few words, separated by commas."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "unknown": _("“{word}” is not one of {words}."),
    }

    def __init__(self, words: Sequence[str], **kwargs: Any) -> None:
        self.words = tuple(words)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> tuple[str, ...]:
        """Return the words."""
        given = tuple(word.strip() for word in str(data).split(","))
        for word in given:
            if word not in self.words:
                self.fail("unknown", word=word[:_LONGEST_WORD], words=", ".join(self.words))
        return given

    def to_representation(self, value: Collection[str]) -> str:
        """Return the words as they were sent."""
        return ",".join(value)


class IdsField(serializers.Field):
    """Database ids, separated by commas."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Must be one or more numbers, separated by commas.")
    }
    # As many as a person can choose from a list of exams.
    most: ClassVar[int] = 200

    def to_internal_value(self, data: Any) -> tuple[int, ...]:
        """Return the ids."""
        ids = [as_id(part.strip()) for part in str(data).split(",")]
        if len(ids) > self.most:
            self.fail("invalid")
        known = tuple(number for number in ids if number is not None)
        if len(known) < len(ids):
            self.fail("invalid")
        return known

    def to_representation(self, value: Collection[int]) -> str:
        """Return the ids as they were sent."""
        return ",".join(map(str, value))


class FlagField(serializers.Field):
    """``true`` or ``false``."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("Must be true or false.")}
    _VALUES: ClassVar[Mapping[str, bool]] = {"true": True, "false": False}

    def to_internal_value(self, data: Any) -> bool:
        """Return the flag."""
        if not isinstance(data, str) or data not in self._VALUES:
            self.fail("invalid")
        return self._VALUES[data]

    def to_representation(self, value: bool) -> str:
        """Return the flag as it was sent."""
        return str(value).lower()


class InstantField(serializers.Field):
    """A moment as ISO 8601 with its zone."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Must be a date and time with a zone, such as 2026-03-01T09:00:00Z.")
    }

    def to_internal_value(self, data: Any) -> Any:
        """Return the moment."""
        # A plus sign that was not encoded arrives as a space.
        try:
            moment = parse_datetime(str(data).strip().replace(" ", "+"))
            if moment is not None and moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            # No such day, or none in UTC: the first day there is begins earlier in the east.
            pass
        raise serializers.ValidationError(self.error_messages["invalid"], code="invalid")

    def to_representation(self, value: Any) -> str:
        """Return the moment as it was sent."""
        return str(value.isoformat())


class SearchField(serializers.CharField):
    """A part of a name: 1 to 100 characters, no control characters."""

    default_error_messages: ClassVar[dict[str, Any]] = {"unprintable": _("Must not have control characters.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=100, trim_whitespace=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        text: str = super().to_internal_value(data)
        if has_controls(text) or not is_storable(text):
            self.fail("unprintable")
        return text


class ReasonField(serializers.CharField):
    """The reason for an action: 1 to 500 characters, kept on record. Control characters become spaces."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_REASON, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        text: str = super().to_internal_value(data)
        cleaned = storable(" ".join(without_controls(text).split()))
        if not cleaned:
            self.fail("blank")
        return cleaned


class ReasonRequest(serializers.Serializer):
    """Why."""

    reason = ReasonField()


class OrderingField(serializers.Field):
    """Names by comma, ``-`` for descending, as terms for ``order_by``.

    ``columns``: name → field or expression. Missing values come last both ways, and the id breaks ties.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {"unknown": _("“{word}” is not one of {words}.")}

    def __init__(self, columns: Mapping[str, Any], **kwargs: Any) -> None:
        self.columns = columns
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> tuple[OrderBy, ...]:
        """Return the terms."""
        terms: list[OrderBy] = []
        for word in str(data).split(","):
            name = word.strip().removeprefix("-")
            if name not in self.columns:
                self.fail("unknown", word=name[:_LONGEST_WORD], words=", ".join(self.columns))
            column = self.columns[name]
            expression = F(column) if isinstance(column, str) else column
            is_descending = word.strip().startswith("-")
            terms.append(OrderBy(expression, descending=is_descending, nulls_last=True))
        last = terms[-1].descending
        return (*terms, OrderBy(F("pk"), descending=last))

    def to_representation(self, value: Any) -> str:
        """Orderings are never part of a reply."""
        raise NotImplementedError


class PageField(serializers.CharField):
    """A number that ``paged`` reads, which answers 404 and not 422 for another text."""


class ListQuery(serializers.Serializer):
    """The parameters of every list. Subclasses add filters."""

    page = PageField(required=False)
    page_size = PageField(required=False)
