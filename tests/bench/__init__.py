"""Measurements at size, run by hand with `make bench`; no part of `make test`."""
