"""The list of calls. Unlike reports, it takes all time and ranges by the clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.sites import AdminSite
from django.http import QueryDict
from django.urls import URLPattern
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from stats.admin.components import call_orders, wording
from stats.admin.components.call_orders import BY_VALUE, NEWEST, ORDERS, ordered
from stats.admin.components.call_rows import Ways, bands, totals, unbanded
from stats.admin.components.empty_state import (
    EmptyState,
    no_calls,
    no_such_failure,
    several_currencies,
    too_many_calls,
    too_many_to_sort,
)
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.pages.job import JobPage
from stats.core import formatting
from stats.core.periods import DEFAULT_PRESET
from stats.models import JOB_COLUMNS, JobColumn
from stats.models.job_columns import STATUS
from stats.query import engine
from stats.query.failures import failures_of
from stats.query.listing import listed
from stats.query.paging import Page
from stats.query.parameters import Parameter, ParametersError, choice
from stats.query.request import Request, request_of
from stats.query.selection import Selection
from stats.query.sorting import ValueOrder, sorted_page
from stats.query.sums import Sums
from stats.tables.calls import Row, calls_table, sorted_calls_table
from stats.tables.table import Table

ROWS = 50


@dataclass(frozen=True, slots=True)
class CallList:
    """A selection and its order; `of_kind` is the number of failures of the kind asked for, with
    purged ones."""

    selection: Selection
    order: str
    of_kind: int | None

    @property
    def by_value(self) -> ValueOrder | None:
        return ValueOrder.named(self.order) if self.order in BY_VALUE else None


def _table(found: CallList) -> Table[Row]:
    if found.by_value:
        sums = engine.unless_too_many(engine.total, found.selection)
        if sums and _unordered(found, sums):
            wrong = _("Costs in several currencies have no common order: choose one.")
            raise ParametersError({"order": [str(wrong)]})
        return sorted_calls_table(found.selection, found.by_value)
    return calls_table(found.selection, newest_first=found.order == NEWEST)


class CallsPage(ReportPage):
    path = "stats/apiusagestats/"
    name = "stats_apiusagestats_changelist"
    title = _("API calls")
    template_name = "admin/reports/calls.html"
    in_navigation = False
    tells_failures_apart = True
    # Its period may cut days.
    tells_adjustments = False
    own_parameters = {"cursor": Parameter(), "order": choice(ORDERS)}
    place_parameters = ("cursor",)
    file_subject = ("calls",)
    sheets = (Sheet("calls", _("API calls"), _table),)

    @classmethod
    def urls(cls, site: AdminSite) -> list[URLPattern]:
        """Those of the files only: the page is Django's changelist of the model."""
        return cls.file_urls(site)

    def request_of(  # type: ignore[override]  # ranges by the clock too
        self, query: QueryDict, now: datetime
    ) -> Request:
        return request_of(query, now, self.parameters, default_preset=DEFAULT_PRESET)

    def ask(self, request: Request) -> CallList:
        return CallList(request.of_kind, request.own.get("order", NEWEST), _of_kind(request))

    def too_many(self, request: Request, address: Address) -> EmptyState:
        if request.own.get("order") in BY_VALUE:
            return too_many_to_sort(address)
        return too_many_calls(_counted(request))

    def draw(self, found: CallList, request: Request, address: Address) -> dict[str, Any]:
        selection, order = found.selection, found.order
        cursor = request.own.get("cursor", "")
        sorted_address = ordered(address, order)
        sums = engine.unless_too_many(engine.total, selection)
        if sums and _unordered(found, sums):
            return {"empty": several_currencies(sorted(sums.costs), sorted_address, address)}
        page = _page(found, cursor)
        if not (page.calls or page.cut_at or cursor):
            return {"empty": _empty_state(found, request, address)}
        place = sorted_address.having(cursor=cursor or None)
        ways = Ways(address, place, JobPage.taking(address, request.now))
        of_job = _of_job(selection)
        return {
            "bands": unbanded(page.calls, ways, of_job, request.now)
            if found.by_value
            else bands(page.calls, selection, ways, of_job),
            "totals": _totals(sums, found.of_kind),
            "failed": formatting.number(sums.failures)
            if sums and sums.failures and selection.messages is None
            else "",
            "all_failures": address.having(success="false"),
            "columns": _columns(selection, sums),
            "of_job": [shown.label for shown in of_job],
            "column_count": 10 + len(of_job),
            "message_span": 8 + len(of_job),
            "orders": call_orders.headings(order, address),
            "presets": tuple(call_orders.presets(order, address)),
            "order_words": call_orders.WORDS[order],
            "pager": call_orders.PAGERS.get(order, call_orders.OTHER_PAGER),
            "is_by_time": not selection.range.is_all_time,
            "next": sorted_address.having(cursor=page.next_cursor) if page.next_cursor else "",
            "previous": sorted_address.having(cursor=page.previous_cursor)
            if page.previous_cursor
            else "",
            "shown": len(page.calls),
            "looked_through": _looked_through(page, request.now),
        }


def _of_kind(request: Request) -> int | None:
    """The number of failures of the kind asked for; None if no kind is.

    Raises `engine.TooManyCallsError`.
    """
    if request.failure is None:
        return None
    group = failures_of(request.selection, request.failure)
    return group.failures if group else 0


def _counted(request: Request) -> str:
    """What is known of calls that are too many to be read, in a sentence."""
    try:
        counted = _of_kind(request)
    except engine.TooManyCallsError:
        return ""
    return wording.failed_alike(counted) if counted else ""


def _empty_state(found: CallList, request: Request, address: Address) -> EmptyState:
    if found.of_kind is None:
        return no_calls(request, address)
    return no_such_failure(found.of_kind, address)


def _totals(sums: Sums | None, of_kind: int | None) -> list[tuple[str, str]]:
    """Figures and their names; of failures purged in part, only their numbers."""
    if of_kind is None or (sums and sums.calls == of_kind):
        return list(totals(sums)) if sums else []
    counted = (formatting.number(of_kind), ngettext("call", "calls", of_kind))
    return [counted, (formatting.number(sums.calls), str(_("not purged")))] if sums else [counted]


def _unordered(found: CallList, sums: Sums) -> bool:
    """True if the calls are to be in the order of costs in several currencies."""
    return found.order.endswith("cost") and len(sums.costs) > 1


def _page(found: CallList, cursor: str) -> Page:
    try:
        if found.by_value:
            return sorted_page(found.selection, found.by_value, cursor, ROWS)
        is_newest_first = found.order == NEWEST
        return listed(found.selection, newest_first=is_newest_first, cursor=cursor, size=ROWS)
    except ValueError as error:
        raise ParametersError({"cursor": [str(error)]}) from error


def _looked_through(page: Page, now: datetime) -> str:
    """How far a page was read that ended before it was full."""
    if page.cut_at is None:
        return ""
    if page.cut_at.created_at is None:
        return gettext("Checked as far as call %(id)s.") % {"id": page.cut_at.id}
    moment = formatting.moment(page.cut_at.created_at, now)
    return gettext("Checked as far as %(time)s.") % {"time": moment}


def _of_job(selection: Selection) -> list[JobColumn]:
    """The columns of jobs that say something."""
    if selection.job_id is not None:
        return []
    is_of_status = "job_status" in dict(selection.others)
    return [shown for shown in JOB_COLUMNS if not (is_of_status and shown.field == STATUS)]


def _columns(selection: Selection, sums: Sums | None) -> dict[str, Any]:
    """The columns shown: those that a filter makes constant are left out."""
    currencies = list(sums.costs) if sums else []
    # One currency stands in the heading, several in the cells.
    currency = currencies[0] if len(currencies) == 1 else ""
    return {
        "user": len(selection.user_ids) != 1,
        "endpoint": selection.endpoint is None,
        "job": selection.job_id is None,
        "result": selection.success is None and selection.messages is None,
        "cost": wording.cost_in(currency),
        "currency": currency,
    }
