"""Special exams for a learning platform: timed, practice, onboarding and proctored."""

__version__ = "7.0.0"
