"""Statements: the months, and what one cost a group, a user or everybody."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components import wording
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.tables import TablesPage, month_or_404
from stats.admin.sheets import budgets as budget_sheets
from stats.admin.sheets import statements as sheets
from stats.budgets import spending
from stats.budgets.periods import period_at
from stats.budgets.spending import Spending
from stats.closings import closing
from stats.core import formatting
from stats.core.zones import reading_zone
from stats.models import HAS_GROUPS, EndUser
from stats.query.filters import group_of_value, group_value
from stats.query.parameters import identifier
from stats.reports.closings import Month, months, running_month
from stats.reports.statements import NoStatementError, Statement, Whose, statement
from stats.tables import statements as tables
from stats.tables.closed_lines import user_of
from stats.tables.html import DrawnTable, drawn_whole
from stats.tables.table import Table

USER, GROUP = "user_id", "group"


class StatementsPage(TablesPage):
    path = "reports/statements/"
    name = "reports_statements"
    title = gettext_lazy("Statements")
    template_name = "admin/reports/statements.html"
    sheets = (Sheet("months", title, sheets.months),)

    def ask(self, now: datetime) -> list[Month]:
        return months(now)

    def draw(self, found: list[Month], now: datetime) -> dict[str, Any]:
        return {"table": _drawn(sheets.months(found)) if found else None}


def _budgets(found: Statement) -> Table[Spending]:
    """Those of the one whom the statement is about, in the period that its last day lies in."""
    whose = found.whose
    budgets = [
        budget
        for budget in spending.in_force()
        if (budget.user_id, budget.group, budget.api_endpoint) == (whose.user_id, whose.group, None)
    ]
    asked = [(budget, period_at(budget, found.last)) for budget in budgets]
    return budget_sheets.budgets(spending.during(asked, found.now))


class StatementPage(TablesPage):
    path = "reports/statements/<str:month>/"
    name = "reports_statement"
    title = gettext_lazy("Statement")
    template_name = "admin/reports/statement.html"
    in_navigation = False
    belongs_to = StatementsPage.name
    sheets = (
        Sheet("sums", gettext_lazy("Sums"), tables.sums),
        Sheet("lines", gettext_lazy("Lines"), tables.lines),
        Sheet("adjustments", gettext_lazy("Adjustments"), tables.adjustments),
        Sheet("groups", gettext_lazy("Groups"), tables.groups),
        Sheet("users", gettext_lazy("Users"), tables.users),
        Sheet("budgets", gettext_lazy("Budgets"), _budgets),
    )

    @property
    def month(self) -> date:
        """Raises `Http404` if the address has none."""
        return month_or_404(self.kwargs["month"])

    @property
    def whose(self) -> Whose:
        """Raises `Http404` if the address names nobody who can be."""
        user, group = (self.request.GET.get(name) for name in (USER, GROUP))
        if group is not None and (user is not None or not HAS_GROUPS):
            raise Http404
        try:
            return Whose(
                None if group is None else group_of_value(group),
                None if user is None else identifier(user),
            )
        except ValueError as error:
            raise Http404 from error

    @property
    def address(self) -> Address:
        whose = self.whose
        group = None if whose.group is None else group_value(whose.group)
        return super().address.having(user_id=whose.user_id, group=group)

    @property
    def file_subject(self) -> tuple[str, ...]:
        return (*super().file_subject, *(value for _name, value in self.address.pairs))

    @property
    def heading(self) -> str:
        month = formatting.month(self.month, with_year=True)
        return _("Statement, %(month)s") % {"month": month}

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().get(request, **kwargs)
        except NoStatementError as error:
            return self.refuse(str(error))

    def ask(self, now: datetime) -> Statement:
        if self.month > running_month(now):
            raise Http404
        return statement(self.month, self.whose, now)

    def draw(self, found: Statement, now: datetime) -> dict[str, Any]:
        unknown = found.unknown_cost
        return {
            "about": _name(found),
            "zone": str(reading_zone()),
            "is_final": found.closing is not None,
            "sentence": found.sentence,
            "unknown": closing.unknown_cost_sentence(unknown) if unknown.calls else "",
            "tables": list(_tables(found)),
        }


def _tables(found: Statement) -> Iterator[tuple[str, DrawnTable]]:
    """Each with its heading; the first has none."""
    yield "", _drawn(tables.sums(found))
    if found.lines:
        if HAS_GROUPS and found.whose == Whose():
            yield _("Groups"), _drawn(tables.groups(found))
        if found.whose.user_id is None:
            yield _("Users"), _drawn(tables.users(found))
        yield _("Lines"), _drawn(tables.lines(found))
    if found.adjustments:
        yield _("Adjustments to earlier months"), _drawn(tables.adjustments(found))
    if (budgets := _budgets(found)).pages:
        yield _("Budgets"), drawn_whole(budgets)


def _drawn(table: Table[Any]) -> DrawnTable:
    return drawn_whole(sheets.in_full(table))


def _name(found: Statement) -> str:
    """Whose statement it is."""
    whose = found.whose
    if whose.user_id is not None:
        lines = [*found.lines, *found.adjustments]
        user = EndUser.objects.filter(pk=whose.user_id).first()
        known = str(user) if user else _("user %(id)s") % {"id": whose.user_id}
        return user_of(lines[0]) if lines else known
    return _("everybody") if whose.group is None else wording.group(whose.group)
