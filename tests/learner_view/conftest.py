"""Requests the page of an exam as a learner, and records its template."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test.signals import template_rendered
from django.utils import timezone

from edx_proctoring import api


@dataclass
class Look:
    """The result: ``html`` and ``template`` are None if the content is shown."""

    html: str | None
    template: str | None
    context: dict[str, Any]


@pytest.fixture
def look() -> Iterator[Callable[..., Look]]:
    """Call the API as the host does; keywords become the host's context."""
    rendered: list[str] = []

    def remember(sender: Any, template: Any, **_kwargs: Any) -> None:
        rendered.append(template.name)

    def look_at(exam: Any, user: Any, role: str = "student", **context: Any) -> Look:
        rendered.clear()
        html = api.get_student_view(user.id, exam.course_id, exam.content_id, context, role)
        return Look(html, rendered[0] if html is not None else None, context)

    template_rendered.connect(remember)
    yield look_at
    template_rendered.disconnect(remember)


@pytest.fixture
def theme(tmp_path: Path, settings: Any) -> Callable[[str, str], None]:
    """Write a template of a theme, in a folder that is searched before the apps."""
    engine, *others = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine.get("DIRS", [])]}, *others]

    def put(path: str, text: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    return put


def yesterday() -> Any:
    """A due date that has passed."""
    return timezone.now() - timedelta(days=1)


def tomorrow() -> Any:
    """A due date that has not."""
    return timezone.now() + timedelta(days=1)
