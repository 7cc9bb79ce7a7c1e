"""The record of what staff did."""
