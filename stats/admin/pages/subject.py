"""What the pages of one user and of one job have in common."""

from datetime import datetime
from typing import Any, Protocol

from django.db.models import Model
from django.http import Http404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from stats.admin.components.budgets import budget_tile
from stats.admin.components.empty_state import EmptyState, no_calls
from stats.admin.components.links import Address
from stats.admin.components.panels import counted, newest, since, usage_panels, usage_tiles
from stats.admin.components.tiles import Piece, Tile
from stats.admin.pages.base import ReportPage
from stats.admin.sheets.failures import drawn_failed_calls, newest_failures
from stats.budgets.spending import Spending
from stats.ingest.columns import BIGINT_MAX
from stats.query import names
from stats.query.extent import Extent
from stats.query.request import RANKED_IN, ReportRequest
from stats.reports.summary import Summary
from stats.tables.html import DrawnTable


class Report(Protocol):
    """The report of such a page; `extent` is that of the subject without filters."""

    @property
    def extent(self) -> Extent: ...

    @property
    def summary(self) -> Summary: ...


class SubjectPage(ReportPage):
    """A page about one record, the subject."""

    own_parameters = RANKED_IN
    in_navigation = False
    belongs_to = "reports_users"
    base_at = "summary.figures.base"

    def record(self, pk: int) -> Model:
        """The record, whether it is stored or not."""
        raise NotImplementedError

    def ask_about(self, pk: int, request: ReportRequest) -> Report:
        raise NotImplementedError

    def about(self, record: Any) -> str:
        """The words beside the name."""
        raise NotImplementedError

    def rank(self, found: Any) -> Piece | None:
        """The place of the subject among others, if any."""
        return None

    def tile(self, found: Any, own: Address) -> Tile | None:
        """The last tile; `own` has the filter by the subject."""
        raise NotImplementedError

    def budgets(self, now: datetime) -> list[Spending]:
        """Those that are the subject's own."""
        return []

    def ranking(self, found: Any, calls: Address) -> dict[str, DrawnTable | None]:
        """The ranking beside that of the endpoints; numbers lead to `calls`."""
        raise NotImplementedError

    @property
    def pk(self) -> int:
        (pk,) = self.kwargs.values()
        return int(pk)

    @cached_property
    def subject(self) -> Model:
        if abs(self.pk) > BIGINT_MAX:
            raise Http404
        return self.record(self.pk)

    @property
    def heading(self) -> str:
        words = {"name": self.subject, "about": self.about(self.subject)}
        return _("%(name)s, %(about)s") % words

    def ask(self, request: ReportRequest) -> Report:
        subject = self.subject
        found = self.ask_about(self.pk, request)
        has_calls = found.summary.figures.now.calls or found.extent.newest is not None
        if subject._state.adding and not has_calls:
            raise Http404
        return found

    def context(self, found: Report, request: ReportRequest, address: Address) -> dict[str, Any]:
        own = {"title": str(self.subject), "about": self.about(self.subject)}
        return {**super().context(found, request, address), **own}

    def is_empty(self, found: Report) -> bool:
        return not found.summary.figures.now.calls

    def empty_state(self, found: Report, request: ReportRequest, address: Address) -> EmptyState:
        return no_calls(found.summary.figures.request, address)

    def draw(self, found: Report, request: ReportRequest, address: Address) -> dict[str, Any]:
        summary, now = found.summary, request.now
        (subject_filter,) = self.fixed_filters
        own = address.having(**{subject_filter: self.pk})
        failed_calls = newest_failures(summary.figures)
        users = names.users(call.user_id for call in failed_calls)
        # The forecast is of the calls that are shown, a budget of all of the subject's.
        ends = summary.month_ends if request.is_of_all_calls else {}
        last, rank, tile = newest(found.extent, now), self.rank(found), self.tile(found, own)
        return {
            **usage_panels(summary, address, own, now),
            **self.ranking(found, own.calls.in_currency(summary.ranked_in)),
            "freshness": [
                *([rank, last] if rank else [last, counted(summary.figures)]),
                *since(found.extent),
            ],
            "tiles": (
                *usage_tiles(summary, own.calls),
                *([tile] if tile else ()),
                *(budget_tile(one, ends) for one in self.budgets(now)),
            ),
            "failures": drawn_failed_calls(failed_calls, users, now, own),
        }
