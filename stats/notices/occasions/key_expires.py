"""An API key is about to expire."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.core import formatting
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.models import APIKey
from stats.notices.fact import Fact, Facts
from stats.notices.occasion import Line, Message, Occasion

AHEAD = timedelta(days=14)


def _find(now: datetime) -> Iterator[Fact]:
    keys = APIKey.objects.filter(revoked=False, expiry_date__range=(now, now + AHEAD))
    for key in keys:
        expires = key.expiry_date.isoformat()
        yield Fact(
            f"{key.prefix} {expires}",
            {"service": key.name, "prefix": key.prefix, "expires": expires},
        )


def _tell(facts: Facts) -> Message:
    page = reverse("admin:stats_apikey_change", args=[facts["prefix"]])
    expires = datetime.fromisoformat(facts["expires"])
    words = {"service": facts["service"], "day": formatting.day(local_day(expires, reading_zone()))}
    return Message(
        _("The API key of %(service)s expires on %(day)s") % words,
        (
            Line(_("Key"), facts["prefix"], page),
            Line(_("Expires"), formatting.exact_moment(expires), page),
        ),
    )


OCCASION = Occasion("key.expires", gettext_lazy("An API key expires soon"), _tell, _find)
