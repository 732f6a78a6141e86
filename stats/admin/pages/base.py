"""What every report page is: filters read strictly, one report asked, one template drawn."""

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
from stats.admin.components.filter_bar import FilterBar, filter_bar
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
    """A page of the site. A subclass says what it is called, where it lies and what it shows."""

    # Set by the site, which is handed to `as_view`.
    site: Any = None

    path: ClassVar[str]
    name: ClassVar[str]
    title: ClassVar[str | Promise]
    template_name: ClassVar[str]
    permission: ClassVar[str] = SEE_USAGE
    # Whether the sidebar has an entry, and under which heading; else the entry of `belongs_to`
    # is the current one.
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
                "page": self.belongs_to or self.name,
                # Asked only where the page has not told yet.
                "has_demo_calls": rows.is_present,
                **context,
            },
            status=status,
        )


class ReportPage(SitePage):
    """A page of figures under the filter bar, and the files of its tables.

    A subclass declares its question (`ask`) and the tables of the answer (`sheets`); page, CSV and
    XLSX follow. One with a face of its own says how it is drawn (`draw`).
    """

    template_name = "admin/reports/tables.html"
    # Parameters beside the filters.
    own_parameters: ClassVar[Mapping[str, Parameter]] = {}
    # Those of them that say where on the page one is: no business of its files.
    place_parameters: ClassVar[tuple[str, ...]] = ()
    # Filters that the page itself sets.
    fixed_filters: ClassVar[tuple[str, ...]] = ()
    # Whether it knows of kinds of failures, which sums of calls do not.
    tells_failures_apart: ClassVar[bool] = False
    sheets: ClassVar[tuple[Sheet, ...]] = ()
    # Where the report has what its files compare with, if they do.
    base_at: ClassVar[str] = ""
    # One of `FORMATS` at the addresses of the files.
    file_format: str = ""

    @classmethod
    def urls(cls, site: AdminSite) -> list[URLPattern]:
        return [*super().urls(site), *cls.file_urls(site)]

    @classmethod
    def file_urls(cls, site: AdminSite) -> list[URLPattern]:
        """An address for each format beneath the page's own."""
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
                drawn = self.draw(found, request, address)
                drawn["files"] = self.files(found, request, address)
            return self.render(drawn)
        except TooSlowError:
            if self.file_format:
                return refused_file([_("This takes too long")], status=503)
            return self.render({"bar": self.bar(request, address), "is_too_slow": True}, status=503)
        except TooManyCallsError:
            if self.file_format:
                return refused_file([_("Too many calls to read one by one")])
            context = {"bar": self.bar(request, address), "is_too_much": True}
            return self.render({**context, **self.excuse(request)})

    def ask(self, request: ReportRequest) -> Any:
        """The report. May raise `TooManyCallsError` and `Http404`."""
        raise NotImplementedError

    def draw(self, found: Any, request: ReportRequest, address: Address) -> dict[str, Any]:
        """The context of the template: the report, made ready to be drawn."""
        return {
            "bar": self.bar(request, address),
            "tables": [
                {"label": sheet.label, "table": drawn_whole(sheet.make(found))}
                for sheet in self.sheets
            ],
        }

    def excuse(self, request: ReportRequest) -> dict[str, Any]:
        """What can be told where the calls are too many to be read."""
        return {}

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What may be given beside the filters, to the page or to its file."""
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
        """What is asked by these parameters. Raises `ParametersError`."""
        refused = dict.fromkeys(self.fixed_filters, _("This page sets it itself."))
        if not self.tells_failures_apart:
            refused["failure"] = _(
                "Only errors and lists of calls can be filtered by kind of error."
            )
        return report_request_of(query, now, self.parameters, refused=refused)

    def refuse(self, errors: Errors, now: datetime) -> HttpResponse:
        """The page with the errors in place of figures, and a bar without what is wrong."""
        if self.file_format:
            return refused_file(f"{name}: {' '.join(found)}" for name, found in errors.items())
        address = filters_of(self.request.path, self.request.GET).without(*errors)
        if not errors.keys().isdisjoint(PERIOD_PARAMETERS):
            address = address.without(*PERIOD_PARAMETERS)
        address = self.taking(address, now)
        bar = self.bar(self.request_of(address.query, now), address)
        return self.render({"bar": bar, "errors": errors}, status=400)

    def bar(self, request: Request, address: Address, base: Base | None = None) -> FilterBar:
        return filter_bar(self.site, request, address, base=base, left_out=self.fixed_filters)

    @classmethod
    def rules(cls) -> tuple[object, ...]:
        """What decides which filters the page takes: where that is alike, they are."""
        return cls.request_of, cls.fixed_filters, cls.tells_failures_apart

    @classmethod
    def taking(cls, address: Address, now: datetime) -> Address:
        """`address` with those of its parameters that this page knows and does not refuse."""
        # What is right one by one may be wrong together.
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
        """What is in a file, for its name: the page, and whose it is."""
        return (self.name.removeprefix("reports_"), *map(str, self.kwargs.values()))

    def file(self, found: Any, request: ReportRequest, address: Address) -> HttpResponseBase:
        """The report in `file_format`."""
        stem = self.file_stem(found, request)
        if self.file_format == XLSX:
            base = attrgetter(self.base_at)(found) if self.base_at else None
            bar = self.bar(request, address, base)
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
        """What the export menu offers, under the parameters of the page."""
        given = {name: request.own.get(name) for name in self.file_parameters}
        return file_menu(self.sheets, address.having(**given), self.file_stem(found, request))
