"""Safe Exam Browser: course pages that open only in the locked browser."""

__version__ = "3.3.0"
