"""This project's own tests; the folders mirror the packages they are about."""
