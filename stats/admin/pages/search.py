"""The search box on every page, and what it finds: by kind, with links."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components.call_rows import day_of
from stats.admin.components.links import Address
from stats.admin.pages.base import SitePage
from stats.core import formatting
from stats.models import APIUsageStats, EndUser, TranslationJob
from stats.query.filters import MESSAGE_SHOWN, group_value
from stats.reports.search import NEWEST_FAILURES, NEWEST_JOBS, Found, SearchResult, search


@dataclass(frozen=True, slots=True)
class Line:
    """A hit: what it is called, where it leads, and a remark."""

    label: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """The hits of a kind; `more` says that there are others, and `more_url` has them all."""

    label: str | Promise
    lines: Sequence[Line]
    has_more: bool = False
    more_url: str = ""


class SearchPage(SitePage):
    path = "reports/search/"
    name = "reports_search"
    title = gettext_lazy("Search")
    template_name = "admin/reports/search.html"
    in_navigation = False

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        text = request.GET.get("q", "").strip()
        found = search(text)
        pages = list(self._pages(text)) if text else []
        kinds = [kind for kind in (Kind(_("Pages"), pages), *_kinds(found, text)) if kind.lines]
        lines = [line for kind in kinds for line in kind.lines]
        if found.calls.hits and (len(lines) == 1 or text.startswith("#")):
            return HttpResponseRedirect(_call_url(found.calls.hits[0]))
        return self.render({"asked": text, "kinds": kinds, "bounds": _bounds()})

    def _pages(self, text: str) -> Iterator[Line]:
        """The entries of the menu whose name has the text, in any language of the interface."""
        wanted = text.casefold()
        here = self._menu()
        named = []
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                named.append([label for label, _url in self._menu()])
        for (label, url), *others in zip(here, *named, strict=True):
            if any(wanted in name.casefold() for name in (label, *others)):
                yield Line(label, url)

    def _menu(self) -> list[tuple[str, str]]:
        # The menu is made of the pages.
        from stats.admin.navigation import menu, page_urls

        sections = menu(self.site, self.request, page_urls(self.request, timezone.now()))
        return [(entry.label, entry.url) for section in sections for entry in section.entries]


def _bounds() -> str:
    return _(
        "Errors are looked for among the newest %(failures)s failures, names of jobs among the "
        "newest %(jobs)s jobs, endpoints among those up to the last fold."
    ) % {
        "failures": formatting.number(NEWEST_FAILURES),
        "jobs": formatting.number(NEWEST_JOBS),
    }


def _kinds(found: SearchResult, text: str) -> Iterator[Kind]:
    yield Kind(_("API calls"), [_call(call) for call in found.calls.hits])
    yield _kind(_("Users"), found.users, map(_user, found.users.hits), _list("enduser", text))
    groups = [Line(group, _calls(group=group_value(group))) for group in found.groups.hits]
    yield _kind(_("Groups"), found.groups, groups)
    yield _kind(_("Jobs"), found.jobs, map(_job, found.jobs.hits), _list("translationjob", text))
    endpoints = [Line(one, _calls(api_endpoint=one)) for one in found.endpoints.hits]
    yield _kind(_("Endpoints"), found.endpoints, endpoints)
    yield _kind(_("Errors"), found.errors, map(_error, found.errors.hits))


def _kind(label: str, found: Found[Any], lines: Any, more_url: str = "") -> Kind:
    return Kind(label, list(lines), found.has_more, more_url if found.has_more else "")


def _list(model: str, text: str) -> str:
    """The list of all such records, searched for the text."""
    path = reverse(f"admin:stats_{model}_changelist")
    return str(Address(path, (("q", text),)))


def _calls(**filters: str) -> str:
    return str(Address("").calls.having(**filters))


def _call_url(call: APIUsageStats) -> str:
    return reverse("admin:stats_apiusagestats_change", args=[call.pk])


def _call(call: APIUsageStats) -> Line:
    return Line(str(call), _call_url(call), _moment(call))


def _user(user: EndUser) -> Line:
    return Line(str(user), reverse("admin:reports_user", args=[user.pk]), f"#{user.pk}")


def _job(job: TranslationJob) -> Line:
    """The list of its calls of all time: a job may be of any month."""
    return Line(str(job), _calls(job_id=str(job.pk), period="all"), f"#{job.pk}")


def _error(call: APIUsageStats) -> Line:
    """The newest failure of its kind."""
    message = Truncator(call.error_message or "").chars(MESSAGE_SHOWN)
    return Line(message, _call_url(call), _moment(call))


def _moment(call: APIUsageStats) -> str:
    if call.created_at is None or day_of(call) is None:
        return ""
    return formatting.moment(call.created_at, timezone.now())
