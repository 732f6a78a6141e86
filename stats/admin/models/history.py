"""Lines of the admin's log, which Django translates when they are read.

`kind` and `field` are msgids.
"""

from typing import Any

Line = dict[str, dict[str, Any]]


def added(kind: str, name: str) -> Line:
    """Another object was created or given."""
    return {"added": {"name": kind, "object": name}}


def removed(kind: str, name: str) -> Line:
    """Another object was taken away."""
    return {"deleted": {"name": kind, "object": name}}


def changed(field: str, kind: str = "", name: str = "") -> Line:
    """A field changed; of another object if `kind` and `name` are given."""
    of = {"name": kind, "object": name} if kind else {}
    return {"changed": {"fields": [field], **of}}
