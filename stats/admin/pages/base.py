"""What every report page is: filters read strictly, one report asked, one template drawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.generic import View

from stats import demo
from stats.admin.filterbar import filter_bar
from stats.admin.links import Address, filters_of
from stats.filters import CallFilterSet
from stats.periods import DEFAULT_PRESET, Period
from stats.reports.comparison import Base
from stats.reports.engine import TooManyCallsError
from stats.roles import SEE_USAGE
from stats.rollups.folding import shared_books

Errors = dict[str, list[str]]


class WrongParameterError(Exception):
    """A parameter that only the report itself could find wrong."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.errors: Errors = {name: [message]}


def period_of(filters: CallFilterSet) -> Period:
    """The days of a page's valid filters, which require some."""
    assert filters.whole_days is not None  # noqa: S101 (requires_period says so)
    return filters.whole_days


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

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def render(
        self, request: HttpRequest, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        request.current_app = self.site.name
        return TemplateResponse(
            request,
            self.template_name,
            {
                **self.site.each_context(request),
                "title": self.title,
                "page": self.belongs_to or self.name,
                "has_demo_calls": demo.is_present(),
                **context,
            },
            status=status,
        )


class ReportPage(SitePage):
    """A page of figures under the filter bar."""

    # Parameters beside the filters, each with the values it may have (None: any).
    own_parameters: ClassVar[Mapping[str, tuple[str, ...] | None]] = {}
    # Filters that the page itself sets.
    fixed_filters: ClassVar[tuple[str, ...]] = ()

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        now = timezone.now()
        filters = self.filters(request.GET, now)
        errors = self.errors(filters, request.GET)
        if errors:
            return self.refuse(request, errors, now)
        address = filters_of(request.path, request.GET)
        try:
            with shared_books(now):
                report = self.report(filters, address, **kwargs)
            return self.render(request, report)
        except WrongParameterError as error:
            return self.refuse(request, error.errors, now)
        except TooManyCallsError:
            return self.render(request, {"bar": self.bar(filters, address), "is_too_much": True})

    def report(self, filters: CallFilterSet, address: Address, **kwargs: Any) -> dict[str, Any]:
        """The context of the template: a report asked for, and made ready to be drawn."""
        raise NotImplementedError

    def filters(self, query: QueryDict, now: datetime) -> CallFilterSet:
        return CallFilterSet(
            query,
            now=now,
            also_allowed=tuple(self.own_parameters),
            default_preset=DEFAULT_PRESET,
            requires_period=True,
        )

    def errors(self, filters: CallFilterSet, query: QueryDict) -> Errors:
        """Per parameter what is wrong with it."""
        errors: Errors = dict(filters.errors)
        for name, allowed in self.own_parameters.items():
            if allowed is not None and query.get(name, allowed[0]) not in allowed:
                errors[name] = [_("One of %(names)s is needed.") % {"names": ", ".join(allowed)}]
        for name in self.fixed_filters:
            if name in query:
                errors[name] = [_("This page sets it itself.")]
        return errors

    def refuse(self, request: HttpRequest, errors: Errors, now: datetime) -> HttpResponse:
        """The page with the errors in place of figures, and a bar without what is wrong."""
        address = filters_of(request.path, request.GET).without(*errors)
        filters = self.filters(QueryDict(str(address).partition("?")[2]), now)
        if not filters.is_valid():
            address = Address(request.path)
            filters = self.filters(QueryDict(), now)
        context = {"bar": self.bar(filters, address), "errors": errors}
        return self.render(request, context, status=400)

    def bar(self, filters: CallFilterSet, address: Address, base: Base | None = None) -> Any:
        return filter_bar(self.site, filters, address, base=base, left_out=self.fixed_filters)
