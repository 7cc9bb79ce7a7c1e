"""What the provider tells learners, in the languages it knows."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Translation:
    """One language: labels of the rules by machine key, and the numbered instructions (shown as HTML)."""

    rules: dict[str, str]
    instructions: list[str]


ENGLISH = Translation(
    rules={
        "allow_notes": "Written notes are allowed",
        "allow_calculator": "A calculator is allowed",
        "allow_textbook": "The text book is allowed",
        "allow_breaks": "Leaving the room is allowed",
    },
    instructions=[
        "Press the system check button. The Mock Proctoring software opens in a new window.",
        "Follow the checks there and press <strong>I am ready</strong>. Keep that window open during the exam.",
        "Come back to this page and start your exam.",
    ],
)

SPANISH = Translation(
    rules={
        "allow_notes": "Se permiten notas escritas",
        "allow_calculator": "Se permite una calculadora",
        "allow_textbook": "Se permite el libro de texto",
        "allow_breaks": "Se permite salir de la sala",
    },
    instructions=[
        "Pulse el botón de comprobación del sistema. El programa Mock Proctoring se abre en otra ventana.",
        "Siga las comprobaciones y pulse <strong>I am ready</strong>. No cierre esa ventana durante el examen.",
        "Vuelva a esta página y comience su examen.",
    ],
)

LANGUAGES = {"en": ENGLISH, "es": SPANISH}


def translation_for(accept_language: str) -> Translation:
    """The first known language of an ``Accept-Language`` header; English when there is none.

    The LMS writes ``es;en-us`` where the standard wants a comma; both are read.
    """
    for item in re.split(r"[,;]", accept_language):
        language = item.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            return LANGUAGES[language]
    return ENGLISH
