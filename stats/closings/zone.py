"""TIME_ZONE makes the days of a month: it stays while months are closed."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.utils.translation import gettext as _

from stats.models import ClosingEntry


def change() -> str:
    """What is wrong if TIME_ZONE is not that of the closed months, and what to do; else empty."""
    places = ClosingEntry.objects.closed_months().values()
    others = ClosingEntry.objects.filter(place__in=places).exclude(zone=settings.TIME_ZONE)
    closed_in = others.values_list("zone", flat=True).first()
    if closed_in is None:
        return ""
    return _(
        "Months are closed in the zone %(closed)s, TIME_ZONE is %(now)s: set TIME_ZONE=%(closed)s "
        "again, or reopen these months first."
    ) % {"closed": closed_in, "now": settings.TIME_ZONE}


def check_zone(databases: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """An error if TIME_ZONE was changed while months are closed."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        sentence = change()
    except DatabaseError:
        # Before the first migrate there are no closings.
        return []
    return [Error(sentence, id="stats.E004")] if sentence else []
