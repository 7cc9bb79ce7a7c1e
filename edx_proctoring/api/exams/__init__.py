"""Exams of a course, their review policies and the allowances of learners."""
