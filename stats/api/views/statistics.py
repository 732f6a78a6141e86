"""The five statistics (spec §4): the functions' arguments as parameters, their result as JSON."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from stats.api import documentation, parameters
from stats.api.parameters import STATISTICS
from stats.api.views.base import Endpoint
from stats.core.periods import OutOfBoundsError, Range, check_bounds, local_day
from stats.core.zones import reading_zone
from stats.query.parameters import known_identifier
from stats.reports import statistics


class StatisticsView(Endpoint):
    """`accepted` are the arguments of the function it asks."""

    accepted: tuple[str, ...]

    def arguments(self, request: Request) -> dict[str, Any]:
        """Those given, by name. Raises `ValidationError`, naming each that cannot be used."""
        accepted = {name: STATISTICS[name] for name in self.accepted}
        given = parameters.read(request.query_params, accepted)
        start, end = given.get("start_date"), given.get("end_date")
        if "days" in given and not (start is None and end is None):
            raise ValidationError({"days": [_("Give either days or dates.")]})
        range = statistics.range_of(start, end)
        if range.is_empty:
            raise ValidationError({"end_date": [_("This lies before start_date.")]})
        _check_bounds(range)
        return given


class UserStatisticsView(StatisticsView):
    """One user's totals."""

    accepted = ("start_date", "end_date", "currency")

    @documentation.statistic(
        "get_user_statistics",
        "One user's totals",
        "UserStatistics",
        accepted,
        documentation.USER_ID,
    )
    def get(self, request: Request, user_id: int) -> Response:
        """Zeros for an unknown user."""
        user, arguments = _identifier(user_id), self.arguments(request)
        return Response(statistics.user_statistics(user, timezone.now(), **arguments))


class DailyStatisticsView(StatisticsView):
    """Totals of each day."""

    accepted = ("days", "start_date", "end_date", "currency")

    @documentation.statistic(
        "get_daily_statistics", "Totals of each day", "DailyStatistics", accepted
    )
    def get(self, request: Request) -> Response:
        """Days with calls, ascending."""
        arguments = {"days": parameters.DEFAULT_DAYS} | self.arguments(request)
        return Response(statistics.daily_statistics(now=timezone.now(), **arguments))


class CostTrendView(StatisticsView):
    """The cost of each day."""

    accepted = ("days", "start_date", "end_date", "currency")

    @documentation.statistic("get_cost_trend", "The cost of each day", "CostTrend", accepted)
    def get(self, request: Request) -> Response:
        """Days with calls, ascending."""
        arguments = {"days": parameters.DEFAULT_DAYS} | self.arguments(request)
        return Response(statistics.cost_trend(now=timezone.now(), **arguments))


class TopUsersView(StatisticsView):
    """Who costs most."""

    accepted = ("limit", "start_date", "end_date", "currency")

    @documentation.statistic("get_top_users", "Users by cost", "TopUsers", accepted)
    def get(self, request: Request) -> Response:
        """Users by cost, descending."""
        return Response(statistics.top_users(timezone.now(), **self.arguments(request)))


class EndpointStatisticsView(StatisticsView):
    """Totals of each endpoint."""

    accepted = ("start_date", "end_date", "currency")

    @documentation.statistic(
        "get_endpoint_statistics", "Totals of each endpoint", "EndpointStatistics", accepted
    )
    def get(self, request: Request) -> Response:
        """Endpoints by calls, descending."""
        return Response(statistics.endpoint_statistics(timezone.now(), **self.arguments(request)))


def _check_bounds(range: Range) -> None:
    zone = reading_zone()
    first, last = (bound and local_day(bound, zone) for bound in (range.start, range.end))
    try:
        check_bounds(first, last, local_day(timezone.now(), zone))
    except OutOfBoundsError as error:
        name = "start_date" if error.is_start else "end_date"
        raise ValidationError({name: [_(error.message) % error.values]}) from None


def _identifier(user_id: int) -> int:
    try:
        return known_identifier(user_id)
    except ValueError as error:
        raise ValidationError({"user_id": [str(error)]}) from None
