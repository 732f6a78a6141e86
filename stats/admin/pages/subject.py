"""What the pages of one user and of one job have in common."""

from typing import Any, Protocol

from django.db.models import Model
from django.http import Http404
from django.utils.functional import cached_property

from stats.admin.components.empty_state import no_calls
from stats.admin.components.links import Address
from stats.admin.pages.base import ReportPage
from stats.ingest.columns import BIGINT_MAX
from stats.query.extent import Extent
from stats.query.request import RANKED_IN, ReportRequest
from stats.reports.summary import Summary


class Report(Protocol):
    """What such a page is made of; `extent` is the subject's own, whatever the filters."""

    @property
    def extent(self) -> Extent: ...

    @property
    def summary(self) -> Summary: ...


class SubjectPage(ReportPage):
    """A page about one record; a subclass says which, and what stands on it."""

    own_parameters = RANKED_IN
    in_navigation = False
    belongs_to = "reports_users"

    def record(self, pk: int) -> Model:
        """The record, whether it is stored or not."""
        raise NotImplementedError

    def ask_about(self, pk: int, request: ReportRequest) -> Report:
        raise NotImplementedError

    def about(self, record: Any) -> str:
        """What stands beside the name."""
        raise NotImplementedError

    def panels(self, found: Any, request: ReportRequest, address: Address) -> dict[str, Any]:
        """The report, ready to be drawn."""
        raise NotImplementedError

    @property
    def pk(self) -> int:
        (pk,) = self.kwargs.values()
        return int(pk)

    @cached_property
    def subject(self) -> Model:
        if self.pk > BIGINT_MAX:
            raise Http404
        return self.record(self.pk)

    @property
    def heading(self) -> str:
        return f"{self.subject}, {self.about(self.subject)}"

    def ask(self, request: ReportRequest) -> Report:
        subject = self.subject
        found = self.ask_about(self.pk, request)
        has_calls = found.summary.figures.now.calls or found.extent.newest is not None
        if subject._state.adding and not has_calls:
            raise Http404
        return found

    def draw(self, found: Report, request: ReportRequest, address: Address) -> dict[str, Any]:
        context = {
            "bar": self.bar(request, address, found.summary.figures.base),
            "title": str(self.subject),
            "about": self.about(self.subject),
        }
        if not found.summary.figures.now.calls:
            return {**context, "nothing": no_calls(found.summary.figures.request, address)}
        return {**context, **self.panels(found, request, address)}
