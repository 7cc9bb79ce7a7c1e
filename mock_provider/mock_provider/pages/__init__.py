"""What people see: the front page, the learner's software, the reviewer desk, the course team's dashboard."""

from __future__ import annotations

from . import constructor, front, instructor, reviewer, rpnow, software

BLUEPRINTS = (
    constructor.blueprint,
    front.blueprint,
    instructor.blueprint,
    reviewer.blueprint,
    rpnow.blueprint,
    software.blueprint,
)
