"""The addresses under /api/v1/. The slash at the end is optional."""

from typing import Any

from django.urls import URLPattern, re_path
from django.urls.resolvers import RoutePattern
from rest_framework.views import APIView

from stats.api.views.budgets import BudgetsView
from stats.api.views.calls import BatchView, CallsView, CallView
from stats.api.views.documents import DocumentationView, NothingHereView, SchemaView
from stats.api.views.statistics import (
    CostTrendView,
    DailyStatisticsView,
    EndpointStatisticsView,
    TopUsersView,
    UserStatisticsView,
)
from stats.api.views.users_and_jobs import JobView, UserView


class SlashOrNotPattern(RoutePattern):
    """A route with an optional slash at the end. The OpenAPI document has none, since its linters
    refuse it."""

    def match(self, path: str) -> tuple[str, tuple[Any, ...], dict[str, Any]] | None:
        """Matches like Django's own route, which requires the slash."""
        return super().match(path if path.endswith("/") else f"{path}/")


def _address(route: str, view: type[APIView], name: str) -> URLPattern:
    return URLPattern(
        SlashOrNotPattern(route, name=name, is_endpoint=True), view.as_view(), name=name
    )


app_name = "api"
urlpatterns = [
    _address("calls/", CallsView, "calls"),
    _address("calls/batch/", BatchView, "batch"),
    _address("calls/<id:call_id>/", CallView, "call"),
    _address("users/<id:user_id>/", UserView, "user"),
    _address("jobs/<id:job_id>/", JobView, "job"),
    _address("statistics/users/<id:user_id>/", UserStatisticsView, "user_statistics"),
    _address("statistics/daily/", DailyStatisticsView, "daily_statistics"),
    _address("statistics/top-users/", TopUsersView, "top_users"),
    _address("statistics/cost-trend/", CostTrendView, "cost_trend"),
    _address("statistics/endpoints/", EndpointStatisticsView, "endpoint_statistics"),
    _address("budgets/", BudgetsView, "budgets"),
    _address("schema/", SchemaView, "schema"),
    _address("docs/", DocumentationView, "documentation"),
    re_path("", NothingHereView.as_view(), name="no_calls"),
]
