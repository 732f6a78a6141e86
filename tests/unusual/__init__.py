"""Unusual days as they are found and kept."""
