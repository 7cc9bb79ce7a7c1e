"""Tests of version 2 of the REST API."""
