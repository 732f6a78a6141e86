"""The pages of the site. An entry here gives a page its addresses, its files, its rights and its
place in the menu."""

from stats.admin.pages.base import SitePage
from stats.admin.pages.calls import CallsPage
from stats.admin.pages.changes import ChangesPage
from stats.admin.pages.cost import CostPage
from stats.admin.pages.daily import DailyPage
from stats.admin.pages.endpoints import EndpointsPage
from stats.admin.pages.errors import ErrorsPage
from stats.admin.pages.job import JobPage
from stats.admin.pages.overview import OverviewPage
from stats.admin.pages.refused import RefusedPage
from stats.admin.pages.rollups import RollupsPage
from stats.admin.pages.user import UserPage
from stats.admin.pages.users import UsersPage

PAGES: tuple[type[SitePage], ...] = (
    OverviewPage,
    ChangesPage,
    UsersPage,
    UserPage,
    EndpointsPage,
    JobPage,
    DailyPage,
    CostPage,
    ErrorsPage,
    RollupsPage,
    RefusedPage,
    CallsPage,
)
