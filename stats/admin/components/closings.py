"""Closed months in words."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.admin.components import wording
from stats.admin.components.tiles import Piece
from stats.core import formatting
from stats.reports import closing_words
from stats.reports.closings import Difference, Month


def sentence(found: Sequence[Month]) -> str:
    """How many months can be closed, and how many were adjusted."""
    waiting = sum(month.is_over and month.closing is None for month in found)
    adjusted = sum(bool(month.adjustments) for month in found)
    if not found:
        return _("There are no calls yet.")
    if waiting:
        text = ngettext(
            "%(count)s month is over and open", "%(count)s months are over and open", waiting
        )
        first = wording.counted(text, waiting)
    else:
        first = _("All months that are over are closed")
    if not adjusted:
        return _("%(sentence)s.") % {"sentence": first}
    text = ngettext(
        "%(count)s was adjusted since it was closed",
        "%(count)s were adjusted since they were closed",
        adjusted,
    )
    return _("%(sentence)s; %(other)s.") % {
        "sentence": first,
        "other": wording.counted(text, adjusted),
    }


def sentence_of(month: Month) -> str:
    """By whom and when it was closed, or that it is open."""
    if month.closing is None:
        return _("The month is open.") if month.is_over else _("The month is not over.")
    return closing_words.closed_by(month.closing)


def difference_of(month: Month) -> str:
    """What is known now beyond what was signed, in a sentence; empty if it is not closed."""
    return closing_words.known_now(month) if month.closing else ""


def beyond(differences: Sequence[Difference]) -> list[Piece]:
    """What is known of closed months beyond what was signed, leading to the story of each."""
    return [
        Piece(
            _("%(month)s: %(difference)s")
            % {
                "month": formatting.month(one.month, with_year=True),
                "difference": closing_words.difference(one.sums),
            },
            reverse("admin:reports_closing", args=[f"{one.month:%Y-%m}"]),
        )
        for one in differences
    ]
