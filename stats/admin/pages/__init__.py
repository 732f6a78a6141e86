"""The report pages. One entry here gives a page its address, its rights and its menu entry."""

from stats.admin.pages.base import ReportPage
from stats.admin.pages.overview import OverviewPage
from stats.admin.pages.user import UserPage
from stats.admin.pages.users import UsersPage

REPORT_PAGES: tuple[type[ReportPage], ...] = (OverviewPage, UsersPage, UserPage)
