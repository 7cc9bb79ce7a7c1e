"""Scripts for operators and for the build. They run without Django."""
