"""Safe Exam Browser: access control for courses and exams."""

__version__ = "3.3.0"
