"""The five statistics (spec §4): parameters are the arguments of a function, JSON is its result."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from stats.api import documentation, parameters
from stats.api.documentation import statistic
from stats.api.views.base import Endpoint
from stats.core.periods import OutOfBoundsError, Range, check_bounds, local_day
from stats.core.zones import reading_zone
from stats.query.parameters import known_identifier
from stats.reports import statistics

DATES = ("start_date", "end_date", "currency")
DAYS = ("days", *DATES)


class StatisticsView(Endpoint):
    """Answers with the result of `ask`, whose arguments are `accepted`."""

    ask: Callable[..., Any]
    accepted: tuple[str, ...] = DATES

    def get(self, request: Request) -> Response:
        return Response(self.ask(**self.arguments(request)))

    def arguments(self, request: Request) -> dict[str, Any]:
        """The arguments of `ask`. Raises `ValidationError`, naming each bad parameter."""
        accepted = {name: parameters.STATISTICS[name] for name in self.accepted}
        given = parameters.read(request.query_params, accepted)
        start, end = given.get("start_date"), given.get("end_date")
        if "days" in given and not (start is None and end is None):
            raise ValidationError({"days": [_("Give either days or dates.")]})
        range = statistics.range_of(start, end)
        if range.is_empty:
            raise ValidationError({"end_date": [_("This lies before start_date.")]})
        now = timezone.now()
        _check_bounds(range, local_day(now, reading_zone()))
        if "days" in accepted:
            given = {"days": parameters.DEFAULT_DAYS, **given}
        return {"now": now, **given}


@statistic("get_user_statistics", "One user's totals", "UserStatistics", documentation.USER_ID)
class UserStatisticsView(StatisticsView):
    """Zeros for an unknown user."""

    ask = staticmethod(statistics.user_statistics)

    def get(self, request: Request, user_id: int) -> Response:  # type: ignore[override]
        arguments = self.arguments(request)
        return Response(self.ask(_identifier(user_id), **arguments))


@statistic("get_daily_statistics", "Totals of each day", "DailyStatistics")
class DailyStatisticsView(StatisticsView):
    """Days with calls, ascending."""

    ask = staticmethod(statistics.daily_statistics)
    accepted = DAYS


@statistic("get_cost_trend", "The cost of each day", "CostTrend")
class CostTrendView(StatisticsView):
    """Days with calls, ascending."""

    ask = staticmethod(statistics.cost_trend)
    accepted = DAYS


@statistic("get_top_users", "Users by cost", "TopUsers")
class TopUsersView(StatisticsView):
    """Users by cost, descending."""

    ask = staticmethod(statistics.top_users)
    accepted = ("limit", *DATES)


@statistic("get_endpoint_statistics", "Totals of each endpoint", "EndpointStatistics")
class EndpointStatisticsView(StatisticsView):
    """Endpoints by calls, descending."""

    ask = staticmethod(statistics.endpoint_statistics)


def _check_bounds(range: Range, today: date) -> None:
    zone = reading_zone()
    first, last = (bound and local_day(bound, zone) for bound in (range.start, range.end))
    try:
        check_bounds(first, last, today)
    except OutOfBoundsError as error:
        name = "start_date" if error.is_start else "end_date"
        raise ValidationError({name: [_(error.message) % error.values]}) from None


def _identifier(user_id: int) -> int:
    try:
        return known_identifier(user_id)
    except ValueError as error:
        raise ValidationError({"user_id": [str(error)]}) from None
