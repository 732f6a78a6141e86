"""The pages of the site. An entry here gives a page its addresses, its files, its rights and its
place in the menu."""

from stats.admin.pages.base import SitePage
from stats.admin.pages.budgets import BudgetPage, BudgetsPage
from stats.admin.pages.calls import CallsPage
from stats.admin.pages.changes import ChangesPage
from stats.admin.pages.closings import ClosingPage, ClosingsPage
from stats.admin.pages.compare import ComparePage
from stats.admin.pages.cost import CostPage
from stats.admin.pages.daily import DailyPage
from stats.admin.pages.endpoint import EndpointPage
from stats.admin.pages.endpoints import EndpointsPage
from stats.admin.pages.errors import ErrorsPage
from stats.admin.pages.groups import GroupsPage
from stats.admin.pages.history import HistoryPage
from stats.admin.pages.invoices import InvoicePage, InvoicesPage
from stats.admin.pages.job import JobPage
from stats.admin.pages.jobs import JobsPage
from stats.admin.pages.months import MonthsPage
from stats.admin.pages.notices import NoticesPage
from stats.admin.pages.overview import OverviewPage
from stats.admin.pages.refused import RefusedPage
from stats.admin.pages.rollups import RollupsPage
from stats.admin.pages.scheduled import ScheduledJobsPage
from stats.admin.pages.search import SearchPage
from stats.admin.pages.statements import StatementPage, StatementsPage
from stats.admin.pages.unusual import UnusualDaysPage
from stats.admin.pages.user import UserPage
from stats.admin.pages.users import UsersPage

PAGES: tuple[type[SitePage], ...] = (
    OverviewPage,
    ChangesPage,
    UsersPage,
    UserPage,
    GroupsPage,
    ComparePage,
    EndpointsPage,
    EndpointPage,
    JobsPage,
    JobPage,
    DailyPage,
    MonthsPage,
    CostPage,
    ErrorsPage,
    UnusualDaysPage,
    BudgetsPage,
    BudgetPage,
    ClosingsPage,
    ClosingPage,
    StatementsPage,
    StatementPage,
    InvoicesPage,
    InvoicePage,
    RollupsPage,
    ScheduledJobsPage,
    NoticesPage,
    RefusedPage,
    HistoryPage,
    CallsPage,
    SearchPage,
)
