"""Report pages: read the filters, ask one report, draw one template."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.admin.sites import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.generic import View

from stats.accounts.roles import SEE_USAGE
from stats.admin.components.about_file import about_file
from stats.admin.components.empty_state import EmptyState, no_calls, too_many_calls, too_slow
from stats.admin.components.files import (
    CSV,
    FORMATS,
    TABLE,
    XLSX,
    FileMenu,
    Sheet,
    csv_answer,
    file_menu,
    file_stem,
    refused_file,
    xlsx_answer,
)
from stats.admin.components.filter_bar import FilterBar
from stats.admin.components.links import Address, filters_of
from stats.core import formatting
from stats.db.errors import TooSlowError
from stats.db.limits import answering_within
from stats.demo import rows
from stats.query.engine import TooManyCallsError
from stats.query.filters import PERIOD_PARAMETERS
from stats.query.parameters import Errors, Parameter, ParametersError, choice
from stats.query.request import Base, ReportRequest, Request, report_request_of
from stats.reports.figures import NoCostInCurrencyError
from stats.rollups.folding import shared_rollup_state
from stats.tables.html import drawn_whole


def _no_cost_in(error: NoCostInCurrencyError) -> Errors:
    words = {
        "currency": error.asked,
        "currencies": ", ".join(map(formatting.currency_name, error.currencies)),
    }
    if error.currencies:
        text = _("There are no costs in %(currency)s here, only in %(currencies)s.")
    else:
        text = _("There are no costs in %(currency)s here.")
    return {"ranked_in": [text % words]}


class SitePage(View):
    """A page of the site. A subclass declares its name, its address and its template."""

    # Set by `as_view`.
    site: Any = None

    path: ClassVar[str]
    name: ClassVar[str]
    title: ClassVar[str | Promise]
    template_name: ClassVar[str]
    permission: ClassVar[str] = SEE_USAGE
    # Whether the menu has an entry, and in which section; else that of `belongs_to` is current.
    in_navigation: ClassVar[bool] = True
    section: ClassVar[str] = "reports"
    belongs_to: ClassVar[str] = ""

    @classmethod
    def urls(cls, site: AdminSite) -> list[URLPattern]:
        """The addresses of the page, each behind the login."""
        return [path(cls.path, site.admin_view(cls.as_view(site=site)), name=cls.name)]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def render(self, context: dict[str, Any], status: int = 200) -> HttpResponse:
        self.request.current_app = self.site.name
        return TemplateResponse(
            self.request,
            self.template_name,
            {
                **self.site.each_context(self.request),
                "title": self.title,
                # A callable: asked only if the page did not ask before.
                "has_demo_calls": rows.is_present,
                **context,
            },
            status=status,
        )


class ReportPage(SitePage):
    """A page of figures under the filter bar, and the files of its tables.

    A subclass declares its question (`ask`) and the tables of the answer (`sheets`); page, CSV and
    XLSX follow. A page with its own layout overrides `draw`.
    """

    template_name = "admin/reports/tables.html"
    # Parameters beside the filters.
    own_parameters: ClassVar[Mapping[str, Parameter]] = {}
    # Those of them that say where in a list the page is; files do without.
    place_parameters: ClassVar[tuple[str, ...]] = ()
    # Filters that the page sets itself.
    fixed_filters: ClassVar[tuple[str, ...]] = ()
    # Whether it can be filtered by kind of failure, which sums of calls cannot.
    tells_failures_apart: ClassVar[bool] = False
    sheets: ClassVar[tuple[Sheet, ...]] = ()
    # The attribute of the report that holds its comparison; empty: nothing is compared.
    base_at: ClassVar[str] = ""
    # Whether its files have columns of the comparison.
    compares_in_files: ClassVar[bool] = False
    # One of `FORMATS` at the address of a file.
    file_format: str = ""

    @classmethod
    def urls(cls, site: AdminSite) -> list[URLPattern]:
        return [*super().urls(site), *cls.file_urls(site)]

    @classmethod
    def file_urls(cls, site: AdminSite) -> list[URLPattern]:
        """An address for each format, below that of the page."""
        return [
            path(
                f"{cls.path}export.{format}",
                site.admin_view(cls.as_view(site=site, file_format=format)),
                name=f"{cls.name}_{format}",
            )
            for format in FORMATS
        ]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        now = timezone.now()
        try:
            asked = self.request_of(request.GET, now)
            with shared_rollup_state(now):
                return self.answer(asked, filters_of(request.path, request.GET))
        except ParametersError as error:
            return self.refuse(error.errors, now)
        except NoCostInCurrencyError as error:
            return self.refuse(_no_cost_in(error), now)

    def answer(self, request: ReportRequest, address: Address) -> HttpResponseBase:
        """The page, or its file."""
        try:
            with answering_within(settings.PAGE_SECONDS):
                found = self.ask(request)
                if self.file_format:
                    return self.file(found, request, address)
                context = self.context(found, request, address)
            return self.render(context)
        except TooSlowError:
            if self.file_format:
                return refused_file([_("This takes too long")], status=503)
            return self.render({"bar": self.bar(request, address), "empty": too_slow()}, status=503)
        except TooManyCallsError:
            if self.file_format:
                return refused_file([_("Too many calls to read one by one")])
            empty = too_many_calls(self.counted(request))
            return self.render({"bar": self.bar(request, address), "empty": empty})

    def ask(self, request: ReportRequest) -> Any:
        """The report. May raise `TooManyCallsError` and `Http404`."""
        raise NotImplementedError

    def context(self, found: Any, request: ReportRequest, address: Address) -> dict[str, Any]:
        """What the template is given: the bar, the files, and the report or why there is none."""
        frame = {
            "bar": self.bar(request, address, self.base(found)),
            "files": self.files(found, request, address),
        }
        if self.is_empty(found):
            return {**frame, "empty": self.empty_state(found, request, address)}
        return {**frame, **self.draw(found, request, address)}

    def is_empty(self, found: Any) -> bool:
        """True if the page says that there are no calls instead of drawing the report."""
        return False

    def empty_state(self, found: Any, request: ReportRequest, address: Address) -> EmptyState:
        return no_calls(request, address)

    def draw(self, found: Any, request: ReportRequest, address: Address) -> dict[str, Any]:
        """The report, ready to be drawn."""
        tables = [
            {"label": sheet.label, "table": drawn_whole(sheet.make(found))} for sheet in self.sheets
        ]
        return {"tables": tables}

    def counted(self, request: ReportRequest) -> str:
        """What is known where the calls are too many to be read, in a sentence."""
        return ""

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters beside the filters, of the page or of its file."""
        if not self.file_format:
            return dict(self.own_parameters)
        kept = self.file_parameters
        if self.file_format == CSV:
            kept[TABLE] = choice([sheet.name for sheet in self.sheets])
        return kept

    @property
    def file_parameters(self) -> dict[str, Parameter]:
        own = self.own_parameters.items()
        return {name: parameter for name, parameter in own if name not in self.place_parameters}

    def request_of(self, query: QueryDict, now: datetime) -> ReportRequest:
        """The checked request. Raises `ParametersError`."""
        refused = dict.fromkeys(self.fixed_filters, _("This page sets it itself."))
        if not self.tells_failures_apart:
            refused["failure"] = _(
                "Only errors and lists of calls can be filtered by kind of error."
            )
        return report_request_of(query, now, self.parameters, refused=refused)

    def refuse(self, errors: Errors, now: datetime) -> HttpResponse:
        """The page with the errors instead of figures, and a bar without the wrong parameters."""
        if self.file_format:
            return refused_file(f"{name}: {' '.join(found)}" for name, found in errors.items())
        address = filters_of(self.request.path, self.request.GET).without(*errors)
        if not errors.keys().isdisjoint(PERIOD_PARAMETERS):
            address = address.without(*PERIOD_PARAMETERS)
        address = self.taking(address, now)
        bar = self.bar(self.request_of(address.query, now), address)
        return self.render({"bar": bar, "errors": errors}, status=400)

    def base(self, found: Any) -> Base | None:
        return attrgetter(self.base_at)(found) if self.base_at else None

    def bar(self, request: Request, address: Address, base: Base | None = None) -> FilterBar:
        return FilterBar(self.site, request, address, base, self.fixed_filters)

    @classmethod
    def rules(cls) -> tuple[object, ...]:
        """Pages with equal rules take the same filters."""
        return cls.request_of, cls.fixed_filters, cls.tells_failures_apart

    @classmethod
    def taking(cls, address: Address, now: datetime) -> Address:
        """`address` without the parameters that this page refuses."""
        # Parameters that are right one by one may be wrong together.
        for _attempt in range(2 if address.pairs else 0):
            try:
                cls().request_of(address.query, now)
            except ParametersError as error:
                address = address.without(*error.errors)
            else:
                return address
        return Address(address.path)

    # ── files ───────────────────────────────────────────────────────────────────────────────────

    @property
    def heading(self) -> str:
        return str(self.title)

    @property
    def file_subject(self) -> tuple[str, ...]:
        """For the name of a file: the page, and the id of its subject."""
        return (self.name.removeprefix("reports_"), *map(str, self.kwargs.values()))

    def file(self, found: Any, request: ReportRequest, address: Address) -> HttpResponseBase:
        """The report in `file_format`."""
        stem = self.file_stem(found, request)
        if self.file_format == XLSX:
            bar = self.bar(request, address, self.base(found) if self.compares_in_files else None)
            about = partial(about_file, self.heading, bar, request, str(self.request.user))
            return xlsx_answer([sheet.make(found) for sheet in self.sheets], about, stem)
        name = request.own.get(TABLE, self.sheets[0].name)
        (sheet,) = (sheet for sheet in self.sheets if sheet.name == name)
        return csv_answer(sheet.make(found), stem)

    def file_stem(self, found: Any, request: Request) -> str:
        ranked = getattr(found, "summary", found)
        currency = request.selection.currency or getattr(ranked, "ranked_in", None)
        return file_stem(self.file_subject, request, currency)

    def files(self, found: Any, request: ReportRequest, address: Address) -> FileMenu:
        """The export menu, with the parameters of the page."""
        given = {name: request.own.get(name) for name in self.file_parameters}
        return file_menu(self.sheets, address.having(**given), self.file_stem(found, request))
