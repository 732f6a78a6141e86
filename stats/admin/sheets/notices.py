"""The notices, a row each."""

from datetime import datetime
from operator import attrgetter

from django.utils.translation import gettext_lazy as _

from stats.admin.sheets.columns import ON_WIDE_PAGES, Columns, moment, one_page
from stats.core import formatting
from stats.core.sentences import text_of
from stats.models import Notice
from stats.notices.listing import Notices
from stats.notices.registry import OCCASIONS
from stats.tables.table import Column, Kind, OnPage, Phone, Table


def notices(found: Notices) -> Table[Notice]:
    def when(at: datetime) -> str:
        return formatting.moment(at, found.now)

    def note(notice: Notice) -> str:
        told = formatting.listed((when(notice.created_at), notice.recipient))
        return f"{told} · {failure}" if (failure := _failure(notice)) else told

    words: OnPage[Notice] = OnPage(phone=Phone.HIDDEN, classes="break-words")
    state: OnPage[Notice] = OnPage(phone=Phone.LAST, text=_state, classes="brief")
    columns: Columns[Notice] = [
        Column("subject", Kind.TEXT, subject, _("Notice"), OnPage(is_heading=True, note=note)),
        Column("recipient", Kind.TEXT, attrgetter("recipient"), _("Recipient"), words),
        Column("state", Kind.TEXT, attrgetter("state"), _("State"), state),
        moment("created_at", attrgetter("created_at"), _("Noticed"), when),
        moment("sent_at", attrgetter("sent_at"), _("Sent"), when),
        Column("attempts", Kind.NUMBER, attrgetter("attempts"), _("Attempts"), ON_WIDE_PAGES),
        Column("last_failure", Kind.TEXT, _failure, _("Last failure"), ON_WIDE_PAGES),
        Column("id", Kind.TEXT, attrgetter("public_id")),
        Column("occasion", Kind.TEXT, attrgetter("occasion")),
        Column("group", Kind.TEXT, attrgetter("group")),
    ]
    return one_page("notices", columns, found.rows)


def subject(notice: Notice) -> str:
    """As its reader has it, in the language of the page."""
    return OCCASIONS[notice.occasion].tell(notice.facts).subject


def label(notice: Notice) -> str:
    """To choose it by."""
    return f"{subject(notice)} › {notice.recipient} ({_state(notice)})"


def _state(notice: Notice) -> str:
    return str(notice.get_state_display())


def _failure(notice: Notice) -> str:
    return text_of(notice.last_failure)
