"""Report pages: read the filters, ask one report, draw one template."""

from collections.abc import Mapping, Sequence
from datetime import datetime
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
from django.utils.translation import gettext_lazy
from django.views.generic import View

from stats.accounts.roles import SEE_USAGE
from stats.admin.components import closings
from stats.admin.components.about_file import about_file
from stats.admin.components.empty_state import EmptyState, no_calls, too_many_calls, too_slow
from stats.admin.components.files import (
    FORMATS,
    TABLE,
    FileMenu,
    Sheet,
    file_menu,
    file_stem,
    refused_file,
)
from stats.admin.components.filter_bar import FilterBar
from stats.admin.components.links import Address, filters_of
from stats.admin.components.tiles import Piece
from stats.core import formatting
from stats.core.periods import ALL, DEFAULT_PRESET
from stats.db.errors import TooSlowError
from stats.db.limits import answering_within
from stats.demo import rows
from stats.query.engine import TooManyCallsError
from stats.query.filters import PERIOD_PARAMETERS, ShownFilter
from stats.query.parameters import Errors, Parameter, ParametersError, choice
from stats.query.request import Base, ReportRequest, Request, report_request_of
from stats.reports.closings import differences
from stats.reports.figures import NoCostInCurrencyError
from stats.rollups.folding import shared_rollup_state
from stats.tables.html import drawn_whole
from stats.tables.workbook import About, AboutSheet, Written


def _no_cost_in(error: NoCostInCurrencyError) -> Errors:
    words = {
        "currency": error.asked,
        "currencies": formatting.listed(map(formatting.currency_name, error.currencies)),
    }
    if error.currencies:
        text = _("There are no costs in %(currency)s here, only in %(currencies)s.")
    else:
        text = _("There are no costs in %(currency)s here.")
    return {"ranked_in": [text % words]}


def _without_all_time(address: Address) -> Address:
    """Every page takes all time: when it begins need not be looked up to know that."""
    periods = [pair for pair in address.pairs if pair[0] in PERIOD_PARAMETERS]
    return address.without("period") if periods == [("period", ALL)] else address


class SitePage(View):
    """A page of the site. A subclass declares its name, its address and its template."""

    # Set by `as_view`; `file_format` is one of `FORMATS` or `other_files` at the address of a file.
    site: Any = None
    file_format: str = ""

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
        if self.file_format and request.method == "POST":
            return self.http_method_not_allowed(request)
        return super().dispatch(request, *args, **kwargs)

    def render(
        self, context: dict[str, Any], status: int = 200, template_name: str = ""
    ) -> HttpResponse:
        self.request.current_app = self.site.name
        return TemplateResponse(
            self.request,
            template_name or self.template_name,
            {
                **self.site.each_context(self.request),
                "title": self.title,
                "is_entry": not self.belongs_to,
                # A callable: asked only if the page did not ask before.
                "has_demo_calls": rows.is_present,
                **context,
            },
            status=status,
        )


class FilePage(SitePage):
    """A page whose tables are files, too. A subclass declares them: `sheets`."""

    sheets: ClassVar[Sequence[Sheet]] = ()
    # Other files beside them, which the page makes itself: how the address of each ends.
    other_files: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def urls(cls, site: AdminSite) -> list[URLPattern]:
        return [*super().urls(site), *cls.file_urls(site)]

    @classmethod
    def file_urls(cls, site: AdminSite) -> list[URLPattern]:
        """An address for each format, below that of the page."""
        ends = {**{format: f"export.{format}" for format in FORMATS}, **cls.other_files}
        return [
            path(
                f"{cls.path}{end}",
                site.admin_view(cls.as_view(site=site, file_format=format)),
                name=f"{cls.name}_{format}",
            )
            for format, end in ends.items()
        ]

    @property
    def heading(self) -> str:
        """What the page is called."""
        return str(self.title)

    @property
    def file_subject(self) -> tuple[str, ...]:
        """For the name of a file: the page, and the id of its subject."""
        return (self.name.removeprefix("reports_"), *map(str, self.kwargs.values()))

    @property
    def has_all_tables(self) -> bool:
        """True if the file has all tables, else it has one."""
        return FORMATS[self.file_format].has_all_tables

    def write(self, found: Any, name: str | None, about: About, stem: str) -> HttpResponseBase:
        """The file of a report; with one table, that of this name or the first."""
        sheets = self.sheets
        if not self.has_all_tables:
            wanted = name or sheets[0].name
            sheets = [sheet for sheet in sheets if sheet.name == wanted]
        tables = [sheet.make(found) for sheet in sheets]
        return FORMATS[self.file_format].answer(tables, about, stem)


class ReportPage(FilePage):
    """A page of figures under the filter bar, and the files of its tables.

    A subclass declares its question (`ask`) and the tables of the answer (`sheets`); page and files
    follow. A page with its own layout overrides `draw`.
    """

    template_name = "admin/reports/tables.html"
    # Parameters beside the filters of calls; the bar shows those that are filters too.
    own_parameters: ClassVar[Mapping[str, Parameter]] = {}
    # Those of them that say where in a list the page is; files do without.
    place_parameters: ClassVar[tuple[str, ...]] = ()
    # Filters that the page sets itself, or cannot take, and the sentence that says so.
    fixed_filters: ClassVar[tuple[str, ...]] = ()
    fixed_because: ClassVar[str | Promise] = gettext_lazy("This page sets it itself.")
    # Filters that the page has a form of its own for.
    chosen_filters: ClassVar[tuple[str, ...]] = ()
    # The period if none is given.
    default_preset: ClassVar[str] = DEFAULT_PRESET
    # Whether it can be filtered by kind of failure, which sums of calls cannot.
    tells_failures_apart: ClassVar[bool] = False
    # The attribute of the report that holds its comparison; empty: nothing is compared.
    base_at: ClassVar[str] = ""
    # Whether it says where closed months were adjusted.
    tells_adjustments: ClassVar[bool] = True
    # Whether its files have columns of the comparison.
    compares_in_files: ClassVar[bool] = False

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        now = timezone.now()
        try:
            asked = self.request_of(request.GET, now)
            with shared_rollup_state(now):
                return self.answer(asked, self.address())
        except ParametersError as error:
            return self.refuse(error.errors, now)
        except NoCostInCurrencyError as error:
            return self.refuse(_no_cost_in(error), now)

    def address(self) -> Address:
        """The address of the page; with its period, where other pages have another by default."""
        address = filters_of(self.request.path, self.request.GET, self.own_filters)
        has_dates = any(name in PERIOD_PARAMETERS for name, _value in address.pairs)
        if has_dates or self.default_preset == DEFAULT_PRESET:
            return address
        return address.preset(self.default_preset)

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
            empty = self.too_many(request, address)
            return self.render({"bar": self.bar(request, address), "empty": empty})

    def ask(self, request: ReportRequest) -> Any:
        """The report. May raise `TooManyCallsError` and `Http404`."""
        raise NotImplementedError

    def context(self, found: Any, request: ReportRequest, address: Address) -> dict[str, Any]:
        """What the template is given: the bar, the files, and the report or why there is none."""
        frame = {
            "bar": self.bar(request, address, self.base(found)),
            "files": self.files(found, request, address),
            "beyond_closing": self._beyond_closing(request),
        }
        if request.period and request.period.preset == ALL:
            # All time of a list has calls without a time too, which no day has.
            address = address.during(request.period.first, request.period.last)
        if self.is_empty(found):
            return {**frame, "empty": self.empty_state(found, request, address)}
        return {**frame, **self.draw(found, request, address)}

    def _beyond_closing(self, request: ReportRequest) -> list[Piece]:
        """Where the closed months of its period differ from what was signed."""
        if not (self.tells_adjustments and request.is_of_all_calls):
            return []
        return closings.beyond(differences(request.period.first, request.period.last))

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

    def too_many(self, request: ReportRequest, address: Address) -> EmptyState:
        """What the page says where the calls are too many to be read."""
        return too_many_calls()

    @property
    def own_filters(self) -> dict[str, ShownFilter]:
        own = self.own_parameters.items()
        return {name: found for name, found in own if isinstance(found, ShownFilter)}

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters beside the filters, of the page or of its file."""
        if not self.file_format:
            return dict(self.own_parameters)
        kept = self.file_parameters
        if not self.has_all_tables:
            kept[TABLE] = choice([sheet.name for sheet in self.sheets])
        return kept

    @property
    def file_parameters(self) -> dict[str, Parameter]:
        own = self.own_parameters.items()
        return {name: parameter for name, parameter in own if name not in self.place_parameters}

    def request_of(self, query: QueryDict, now: datetime) -> ReportRequest:
        """The checked request. Raises `ParametersError`."""
        text = _("Only errors and lists of calls can be filtered by kind of error.")
        refused = {} if self.tells_failures_apart else {"failure": text}
        refused |= dict.fromkeys(self.fixed_filters, str(self.fixed_because))
        return report_request_of(
            query, now, self.parameters, refused=refused, default_preset=self.default_preset
        )

    def refuse(self, errors: Errors, now: datetime) -> HttpResponse:
        """The page with the errors instead of figures, and a bar without the wrong parameters."""
        if self.file_format:
            return refused_file(f"{name}: {' '.join(found)}" for name, found in errors.items())
        address = self.address().without(*errors)
        if not errors.keys().isdisjoint(PERIOD_PARAMETERS):
            address = address.without(*PERIOD_PARAMETERS)
        address = self.taking(address, now)
        bar = self.bar(self.request_of(address.query, now), address)
        return self.render({"bar": bar, "errors": errors}, status=400)

    def base(self, found: Any) -> Base | None:
        return attrgetter(self.base_at)(found) if self.base_at else None

    def bar(self, request: Request, address: Address, base: Base | None = None) -> FilterBar:
        left_out, chosen = self.fixed_filters, self.chosen_filters
        return FilterBar(self.site, request, address, base, left_out, self.own_filters, chosen)

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
                cls().request_of(_without_all_time(address).query, now)
            except ParametersError as error:
                address = address.without(*error.errors)
            else:
                return address
        return Address(address.path)

    # ── files ───────────────────────────────────────────────────────────────────────────────────

    def file(self, found: Any, request: ReportRequest, address: Address) -> HttpResponseBase:
        """The report in `file_format`."""

        def about(written: Sequence[Written]) -> AboutSheet:
            bar = self.bar(request, address, self.base(found) if self.compares_in_files else None)
            return about_file(self.heading, bar, request, str(self.request.user), written)

        return self.write(found, request.own.get(TABLE), about, self.file_stem(found, request))

    def file_stem(self, found: Any, request: Request) -> str:
        ranked = getattr(found, "summary", found)
        currency = request.selection.currency or getattr(ranked, "ranked_in", None)
        return file_stem(self.file_subject, request, currency)

    def files(self, found: Any, request: ReportRequest, address: Address) -> FileMenu:
        """The export menu, with the parameters of the page."""
        given = {name: request.own.get(name) for name in self.file_parameters}
        return file_menu(self.sheets, address.having(**given), self.file_stem(found, request))
