"""The menu beside every page: reports, the ledger, access; only what the user may see."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.pages import PAGES
from stats.models import APIKey, APIUsageStats, EndUser, TranslationJob

LEDGER: tuple[type[Model], ...] = (APIUsageStats, EndUser, TranslationJob)
ACCESS: tuple[type[Model], ...] = (APIKey, User, Group)
LABELS = {User: gettext_lazy("Staff accounts"), Group: gettext_lazy("Groups")}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu; `add_url` where the user may add one of its kind."""

    label: str
    url: str
    is_current: bool
    add_url: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the menu and what stands under it."""

    label: str
    entries: tuple[Entry, ...]


def menu(site: AdminSite, request: HttpRequest) -> tuple[Section, ...]:
    """The sections that have an entry for this user."""
    ledger = (*_models(site, request, LEDGER), *_pages(request, "ledger"))
    sections = (
        Section(_("Reports"), tuple(_pages(request, "reports"))),
        Section(_("Ledger"), ledger),
        Section(_("Access"), tuple(_models(site, request, ACCESS))),
    )
    return tuple(section for section in sections if section.entries)


def _pages(request: HttpRequest, section: str) -> Iterator[Entry]:
    name = request.resolver_match.url_name if request.resolver_match else ""
    current = {page.name: page.belongs_to or page.name for page in PAGES}.get(name or "")
    for page in PAGES:
        is_listed = page.in_navigation and page.section == section
        if is_listed and request.user.has_perm(page.permission):
            yield Entry(str(page.title), reverse(f"admin:{page.name}"), page.name == current)


def _models(
    site: AdminSite, request: HttpRequest, models: tuple[type[Model], ...]
) -> Iterator[Entry]:
    for model in models:
        admin = site.get_model_admin(model)
        if admin.has_view_or_change_permission(request):
            url = _url(model, "changelist")
            yield Entry(
                capfirst(str(LABELS.get(model, model._meta.verbose_name_plural))),
                url,
                request.path.startswith(url),
                _url(model, "add") if admin.has_add_permission(request) else "",
            )


def _url(model: type[Model], view: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}")
