"""Closed months."""
