"""The menu beside every page: reports, the ledger, access; only what the account may see.

The trail above a page is drawn from it, so both name the same section.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from stats.admin.components.links import Address, filters_of, list_filters
from stats.admin.pages import PAGES
from stats.admin.pages.base import ReportPage, SitePage
from stats.admin.pages.budgets import BudgetsPage
from stats.admin.pages.calls import CallsPage
from stats.admin.pages.notices import NoticesPage
from stats.models import APIKey, APIUsageStats, Budget, EndUser, Recipient, TranslationJob

LEDGER: tuple[type[Model], ...] = (APIUsageStats, EndUser, TranslationJob)
ACCESS: tuple[type[Model], ...] = (APIKey, User, Group)
# Without an entry of their own: below the page that leads to them.
BELOW: dict[type[Model], type[SitePage]] = {Budget: BudgetsPage, Recipient: NoticesPage}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu. `add_url` is set if the account may add one, `is_list` if it is a list of
    Django's."""

    label: str
    url: str
    is_current: bool
    add_url: str = ""
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the menu, and its entries."""

    label: str
    entries: tuple[Entry, ...]

    @property
    def current(self) -> Entry | None:
        """The entry that the current page is, or lies below."""
        return next((entry for entry in self.entries if entry.is_current), None)


def page_urls(request: HttpRequest, now: datetime) -> dict[str, str]:
    """The addresses of the reports and of the list of calls, by name. They keep the period and the
    filters of the current page, as far as they know them."""
    given = _given(request)
    pages = [
        page
        for page in PAGES
        if issubclass(page, ReportPage) and (page.in_navigation or page is CallsPage)
    ]
    # Nearly all pages take the same filters, and finding out takes half a millisecond.
    by_rules = {page.rules(): page for page in pages}
    taken = {rules: page.taking(given, now) for rules, page in by_rules.items()}
    return {page.name: str(taken[page.rules()].at(page.name)) for page in pages}


def _given(request: HttpRequest) -> Address:
    """The filters of the current report; on a call, those of the list that led to it."""
    name = _name(request)
    if name == "stats_apiusagestats_change":
        return list_filters(request)
    if any(page.name == name and issubclass(page, ReportPage) for page in PAGES):
        return filters_of(request.path, request.GET)
    return Address(request.path)


def _name(request: HttpRequest) -> str:
    return (request.resolver_match.url_name or "") if request.resolver_match else ""


def menu(site: AdminSite, request: HttpRequest, urls: Mapping[str, str]) -> tuple[Section, ...]:
    """The sections in which the account has an entry; reports are at `urls`."""
    ledger = (*_models(site, request, LEDGER, urls), *_pages(request, "ledger", urls))
    access = (*_models(site, request, ACCESS, urls), *_pages(request, "access", urls))
    sections = (
        Section(_("Reports"), tuple(_pages(request, "reports", urls))),
        Section(_("Ledger"), ledger),
        Section(_("Access"), access),
    )
    return tuple(section for section in sections if section.entries)


def _pages(request: HttpRequest, section: str, urls: Mapping[str, str]) -> Iterator[Entry]:
    current = _current(request)
    for page in PAGES:
        is_listed = page.in_navigation and page.section == section
        if is_listed and request.user.has_perm(page.permission):
            url = urls.get(page.name) or reverse(f"admin:{page.name}")
            yield Entry(str(page.title), url, page.name == current)


def _current(request: HttpRequest) -> str | None:
    """The name of the page that the current one is, or lies below."""
    for model, page in BELOW.items():
        if request.path.startswith(_url(model, "changelist")):
            return page.name
    return {page.name: page.belongs_to or page.name for page in PAGES}.get(_name(request))


def _models(
    site: AdminSite,
    request: HttpRequest,
    models: tuple[type[Model], ...],
    urls: Mapping[str, str],
) -> Iterator[Entry]:
    for model in models:
        admin = site.get_model_admin(model)
        if admin.has_view_or_change_permission(request):
            url = _url(model, "changelist")
            yield Entry(
                capfirst(str(admin.opts.verbose_name_plural)),
                urls[CallsPage.name] if model is APIUsageStats else url,
                request.path.startswith(url),
                _url(model, "add") if admin.has_add_permission(request) else "",
                is_list=True,
            )


def _url(model: type[Model], view: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}")
