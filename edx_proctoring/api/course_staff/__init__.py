"""Lists and reports for the course team."""
