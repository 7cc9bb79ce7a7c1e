"""The people and the course that the demo starts with, as plain data for ``seed``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_noop as _

from demo.host.models import CourseRole

COURSE_ID = "course-v1:Demo+PROC+2026"


@dataclass(frozen=True, slots=True)
class Persona:
    """A person to log in as. ``shows``: what they are good for, in English; ``mode`` None: not enrolled."""

    username: str
    name: str
    shows: str
    mode: str | None = None
    is_active: bool = True
    role: str = ""
    is_staff: bool = False
    is_superuser: bool = False


PERSONAS = [
    Persona("vera", "Vera Lindqvist", _("verified learner with 15 minutes of extra time"), mode="verified"),
    Persona("victor", "Victor Okafor", _("verified learner"), mode="verified"),
    Persona("adam", "Adam Novak", _("audit learner: may not be proctored"), mode="audit"),
    Persona("hana", "Hana Sato", _("honor learner"), mode="honor"),
    Persona("ines", "Inês Duarte", _("has left the course"), mode="verified", is_active=False),
    Persona("nora", "Nora Haddad", _("not enrolled")),
    Persona("stan", "Stan Kowalski", _("course staff"), role=CourseRole.STAFF),
    Persona("iris", "Iris Moreau", _("course instructor"), role=CourseRole.INSTRUCTOR),
    Persona("gina", "Gina Ferrari", _("global staff, may enter Django admin"), is_staff=True, is_superuser=True),
    Persona("rey", "Rey Castillo", _("service user of the proctoring provider")),
    Persona("wanda", "Wanda Fischer", _("retirement worker")),
    Persona("sam", "Sam Adeyemi", _("support staff"), is_staff=True),
]


@dataclass(frozen=True, slots=True)
class Question:
    """A problem. Without choices the learner types the answer."""

    prompt: str
    answer: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubsectionData:
    """A subsection. ``kind``: one of ``forms.KINDS``; ``due_in``: counted from seeding."""

    block: str
    title: str
    kind: str
    questions: tuple[Question, ...]
    minutes: int | None = None
    due_in: timedelta | None = None
    rules: str = ""


READING = SubsectionData(
    "orbits",
    "Reading: how planets move",
    "none",
    (
        Question("What keeps a planet on its path around a star?", "Gravity", ("Friction", "Gravity", "Magnetism")),
        Question("How many planets orbit our Sun? Type a number.", "8"),
    ),
)
# A provider with onboarding shows practice exams as onboarding exams, so the course has one or the other.
ONBOARDING = SubsectionData(
    "onboarding",
    "Onboarding: set up your proctoring profile",
    "onboarding",
    (Question("Is this exam graded?", "No", ("No", "Yes")),),
    minutes=15,
)
PRACTICE = SubsectionData(
    "practice_exam",
    "Practice exam: try the proctoring software",
    "practice",
    (Question("Is this exam graded?", "No", ("No", "Yes")),),
    minutes=15,
)
TIMED = [
    SubsectionData(
        "timed_quiz",
        "Timed quiz: the inner planets",
        "timed",
        (
            Question("Which planet is closest to the Sun?", "Mercury", ("Mars", "Mercury", "Venus")),
            Question("Which planet is the hottest?", "Venus", ("Earth", "Mercury", "Venus")),
            Question("How many moons does Mars have? Type a number.", "2"),
        ),
        minutes=10,
        due_in=timedelta(days=180),
    ),
    SubsectionData(
        "closed_quiz",
        "Timed quiz: the Moon (due date has passed)",
        "timed",
        (Question("How long is a lunar month, in days? Type a whole number.", "29"),),
        minutes=10,
        due_in=timedelta(days=-7),
    ),
]
IN_SAFE_EXAM_BROWSER = SubsectionData(
    "seb_exam",
    "Exam in Safe Exam Browser: comets",
    "timed",
    (
        Question("What is the tail of a comet made of?", "Gas and dust", ("Fire", "Gas and dust", "Water")),
        Question("Which comet comes back every 76 years?", "Halley", ("Encke", "Halley", "Hale-Bopp")),
    ),
    minutes=30,
)
PROCTORED = [
    SubsectionData(
        "midterm",
        "Midterm exam: stars",
        "proctored",
        (
            Question("What is the nearest star to Earth?", "The Sun", ("Proxima Centauri", "Sirius", "The Sun")),
            Question("What do stars fuse for most of their lives?", "Hydrogen", ("Carbon", "Helium", "Hydrogen")),
            Question("Which color do the hottest stars have?", "Blue", ("Blue", "Red", "Yellow")),
        ),
        minutes=30,
        due_in=timedelta(days=120),
        rules="One sheet of handwritten notes is allowed. No calculator, no phone.",
    ),
    SubsectionData(
        "final",
        "Final exam: galaxies",
        "proctored",
        (
            Question("What is our galaxy called?", "The Milky Way", ("Andromeda", "The Milky Way")),
            Question("What lies at the centre of most large galaxies?", "A black hole", ("A black hole", "A pulsar")),
        ),
        minutes=60,
        due_in=timedelta(days=2),
        rules="Closed book. Head and hands must stay visible.",
    ),
]
