"""Scripts for operators and for the build; they need no running Django."""
