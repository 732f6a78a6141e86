"""Numbers of rows in addresses: those of an adopted table may lie below 1."""

from django.urls import register_converter
from django.urls.converters import IntConverter


class IdConverter(IntConverter):
    """`<id:user_id>`: as Django's `int`, and below 0."""

    regex = "-?[0-9]+"


def register() -> None:
    """For the addresses of pages and of the API."""
    register_converter(IdConverter, "id")
