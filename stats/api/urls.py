"""The addresses under /api/v1/; each ends in a slash."""

from django.urls import path, re_path

from stats.api.views.calls import CallsView, CallView
from stats.api.views.documents import DocumentationView, NothingHereView, SchemaView
from stats.api.views.people import JobView, UserView
from stats.api.views.statistics import (
    CostTrendView,
    DailyStatisticsView,
    EndpointStatisticsView,
    TopUsersView,
    UserStatisticsView,
)

app_name = "api"
urlpatterns = [
    path("calls/", CallsView.as_view(), name="calls"),
    path("calls/<int:call_id>/", CallView.as_view(), name="call"),
    path("users/<int:user_id>/", UserView.as_view(), name="user"),
    path("jobs/<int:job_id>/", JobView.as_view(), name="job"),
    path(
        "statistics/users/<int:user_id>/",
        UserStatisticsView.as_view(),
        name="user_statistics",
    ),
    path("statistics/daily/", DailyStatisticsView.as_view(), name="daily_statistics"),
    path("statistics/top-users/", TopUsersView.as_view(), name="top_users"),
    path("statistics/cost-trend/", CostTrendView.as_view(), name="cost_trend"),
    path("statistics/endpoints/", EndpointStatisticsView.as_view(), name="endpoint_statistics"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocumentationView.as_view(), name="documentation"),
    re_path("", NothingHereView.as_view(), name="nothing_here"),
]
