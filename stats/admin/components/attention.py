"""The line of what is worth a look: at most four links, and none in a good month."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.admin.components.links import Address
from stats.admin.components.tiles import Piece
from stats.core import formatting
from stats.query.sums import Sums
from stats.reports.attention import Attention, Failing, Silent

# In a session: the number of the newest refused post when their page was last looked at.
SEEN = "refused_posts_seen"


def attention_line(found: Attention, sums: Sums, calls: Address) -> list[Piece]:
    """The worst of each kind; `sums` and `calls` are those of the period."""
    return [
        *(_failing(one, calls) for one in found.failing[:1]),
        *(_silent(one, calls) for one in found.silent[:1]),
        *_unpriced(sums, calls),
    ]


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
    return [
        Piece(
            text % {"count": formatting.number(sums.unpriced_calls)},
            str(calls.having(unknown_cost="unpriced")),
        )
    ]


def refused(count: int, page: Address) -> list[Piece]:
    """The refused posts that nobody has looked at in this session."""
    if not count:
        return []
    text = ngettext("%(count)s new refused post", "%(count)s new refused posts", count)
    return [Piece(text % {"count": formatting.number(count)}, str(page), is_failure=True)]
