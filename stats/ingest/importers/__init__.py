"""Calls out of the files of other applications; one module a format."""
