"""What the pages of one user and of one job have in common."""

from datetime import datetime
from typing import Any, Protocol

from django.db.models import Model
from django.http import Http404

from stats.admin.links import Address
from stats.admin.pages.base import ReportPage, period_of
from stats.admin.panels import nothing_here
from stats.columns import BIGINT_MAX
from stats.filters import CallFilterSet
from stats.periods import Period
from stats.reports.extent import Extent
from stats.reports.figures import Figures
from stats.reports.selection import Selection


class Report(Protocol):
    """What such a page is made of; `extent` is the subject's own, whatever the filters."""

    @property
    def extent(self) -> Extent: ...

    @property
    def figures(self) -> Figures: ...


class SubjectPage(ReportPage):
    """A page about one record; a subclass says which, and what stands on it."""

    own_parameters = {"ranked_in": None}
    in_navigation = False
    belongs_to = "reports_users"

    def record(self, pk: int) -> Model:
        """The record, whether it is stored or not."""
        raise NotImplementedError

    def ask(
        self, pk: int, selection: Selection, period: Period, now: datetime, ranked_in: str | None
    ) -> Report:
        raise NotImplementedError

    def about(self, record: Any) -> str:
        """What stands beside the name."""
        raise NotImplementedError

    def panels(self, found: Any, filters: CallFilterSet, address: Address) -> dict[str, Any]:
        """The report, ready to be drawn."""
        raise NotImplementedError

    def report(self, filters: CallFilterSet, address: Address, **kwargs: Any) -> dict[str, Any]:
        (pk,) = kwargs.values()
        if pk > BIGINT_MAX:
            raise Http404
        record = self.record(pk)
        ranked_in = filters.data.get("ranked_in")
        found = self.ask(pk, filters.selection, period_of(filters), filters.now, ranked_in)
        has_calls = bool(found.figures.now.calls)
        if record._state.adding and not has_calls and found.extent.newest is None:
            raise Http404
        context = {
            "bar": self.bar(filters, address, found.figures.base),
            "title": str(record),
            "about": self.about(record),
        }
        if not has_calls:
            return {**context, "nothing": nothing_here(found.figures.selection, address)}
        return {**context, **self.panels(found, filters, address)}
