"""Lists that can be filtered by what they offer, and by nothing else.

Django takes any lookup on a field of the model, `?secret__startswith=a` too: whoever sees a list
could find out, character by character, what its pages hide.
"""

from typing import Any

from django.contrib.admin import ShowFacets
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

# What Django's filters compare by: values, related rows, empty ones, days.
COMPARISONS = {"", "exact", f"id{LOOKUP_SEP}exact", "isnull", "gte", "lt"}


class OfferedLookups:
    """A mixin for admin classes; another lookup is a 400, and no choice is counted."""

    show_facets = ShowFacets.NEVER

    def lookup_allowed(self: Any, lookup: str, value: str, request: HttpRequest) -> bool:
        offered = {one[0] if isinstance(one, tuple) else one for one in self.list_filter}
        name, _separator, comparison = lookup.partition(LOOKUP_SEP)
        return name in offered and comparison in COMPARISONS
