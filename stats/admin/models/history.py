"""Lines of Django's log of the admin, which it translates when they are read.

`kind` and `field` are untranslated, as they stand in a catalogue.
"""

from typing import Any

Line = dict[str, dict[str, Any]]


def added(kind: str, name: str) -> Line:
    """Something else that came to be, or was given."""
    return {"added": {"name": kind, "object": name}}


def removed(kind: str, name: str) -> Line:
    """Something else that was taken away."""
    return {"deleted": {"name": kind, "object": name}}


def changed(field: str, kind: str = "", name: str = "") -> Line:
    """A field, of something else where `kind` and `name` say so."""
    of = {"name": kind, "object": name} if kind else {}
    return {"changed": {"fields": [field], **of}}
