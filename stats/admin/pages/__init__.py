"""The pages of the site. One entry here gives a page its address, its rights and its menu entry."""

from stats.admin.pages.base import SitePage
from stats.admin.pages.overview import OverviewPage
from stats.admin.pages.rollups import RollupsPage
from stats.admin.pages.user import UserPage
from stats.admin.pages.users import UsersPage

PAGES: tuple[type[SitePage], ...] = (OverviewPage, UsersPage, UserPage, RollupsPage)
