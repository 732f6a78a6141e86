"""The line "Worth a look" of the overview: at most five links, in a good month none."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.admin.components import wording
from stats.admin.components.links import Address
from stats.admin.components.tiles import Piece
from stats.core import formatting
from stats.models import EndUser, UnusualDay
from stats.query.sums import Sums
from stats.reports.attention import Attention, Failing, Silent
from stats.reports.unusual_kept import made_by

# Key in the session: the newest refused post when its page was last opened.
SEEN = "refused_posts_seen"


def attention_line(found: Attention, sums: Sums, calls: Address) -> list[Piece]:
    """The worst of each kind; `sums` and `calls` are those of the period."""
    return [
        *(_failing(one, calls) for one in found.failing[:1]),
        *(_silent(one, calls) for one in found.silent[:1]),
        *_unpriced(sums, calls),
    ]


def unusual(found: UnusualDay | None, culprit: EndUser | None, page: Address) -> list[Piece]:
    """A day out of the ordinary, leading to what is known of it; `culprit` made most of it."""
    if found is None:
        return []
    words = {
        "day": formatting.weekday(found.day),
        "amount": formatting.money(found.currency, found.excess),
        "user": str(culprit or ""),
    }
    if culprit is None:
        text = _("%(day)s cost %(amount)s more than usual")
    else:
        text = _("%(day)s cost %(amount)s more than usual, most of it %(user)s")
    return [Piece(text % words, str(page.at("reports_unusual").during(found.day, found.day)))]


def culprit_of(found: UnusualDay | None) -> int | None:
    """The user who made most of a day of everybody's."""
    makers = made_by(found) if found else []
    return int(makers[0].key) if makers else None


def _failing(found: Failing, calls: Address) -> Piece:
    words = {
        "endpoint": found.endpoint,
        "rate": formatting.percent(found.rate),
        "usual": formatting.percent(found.usual),
    }
    return Piece(
        _("%(endpoint)s fails %(rate)s, usually %(usual)s") % words,
        str(calls.having(api_endpoint=found.endpoint, success="false")),
        is_failure=True,
    )


def _silent(found: Silent, calls: Address) -> Piece:
    words = {"endpoint": found.endpoint, "day": formatting.day(found.since)}
    return Piece(
        _("%(endpoint)s silent since %(day)s") % words,
        str(calls.during(found.since, found.since).having(api_endpoint=found.endpoint)),
    )


def _unpriced(sums: Sums, calls: Address) -> list[Piece]:
    if not sums.unpriced_calls:
        return []
    text = ngettext("%(count)s unpriced call", "%(count)s unpriced calls", sums.unpriced_calls)
    url = str(calls.having(unknown_cost="unpriced"))
    return [Piece(wording.counted(text, sums.unpriced_calls), url)]


def refused(count: int, page: Address) -> list[Piece]:
    """Refused posts that this session has not looked at."""
    if not count:
        return []
    text = ngettext("%(count)s new refused post", "%(count)s new refused posts", count)
    return [Piece(wording.counted(text, count), str(page), is_failure=True)]
