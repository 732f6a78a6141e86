"""The class methods that the translator calls on its model class (spec §2, §4).

Each one delegates, with the time of the call. Their local imports are the one exception to the
direction of imports.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from django.utils import timezone

if TYPE_CHECKING:
    from stats.models.calls import APIUsageStats

Moment = date | datetime | str | None


class Narrowed(TypedDict, total=False):
    """Which calls a statistic is about: between two moments, in one currency."""

    start_date: Moment
    end_date: Moment
    currency: str | None


class TranslatorMethods:
    """A mixin for `APIUsageStats`."""

    @classmethod
    def record_api_call(
        cls,
        user_id: int,
        job_id: int | None,
        api_endpoint: str,
        metadata: Mapping[str, Any] | None,
        response_time_ms: int | None,
        success: bool = True,
        error_message: str | None = None,
    ) -> "APIUsageStats":
        """See `stats.ingest.recording.record_api_call`."""
        from stats.ingest import recording

        return recording.record_api_call(
            user_id, job_id, api_endpoint, metadata, response_time_ms, success, error_message
        )

    @classmethod
    def get_user_statistics(
        cls,
        user_id: int,
        start_date: Moment = None,
        end_date: Moment = None,
        *,
        currency: str | None = None,
    ) -> dict[str, Any]:
        """See `stats.reports.statistics.user_statistics`."""
        from stats.reports import statistics

        return statistics.user_statistics(
            user_id, timezone.now(), start_date=start_date, end_date=end_date, currency=currency
        )

    @classmethod
    def get_daily_statistics(
        cls, days: int = 30, **narrowed: Unpack[Narrowed]
    ) -> list[dict[str, Any]]:
        """See `stats.reports.statistics.daily_statistics`."""
        from stats.reports import statistics

        return statistics.daily_statistics(days, timezone.now(), **narrowed)

    @classmethod
    def get_top_users(
        cls,
        limit: int = 10,
        start_date: Moment = None,
        end_date: Moment = None,
        *,
        currency: str | None = None,
    ) -> list[dict[str, Any]]:
        """See `stats.reports.statistics.top_users`."""
        from stats.reports import statistics

        return statistics.top_users(
            timezone.now(), limit, start_date=start_date, end_date=end_date, currency=currency
        )

    @classmethod
    def get_cost_trend(cls, days: int = 30, **narrowed: Unpack[Narrowed]) -> list[dict[str, Any]]:
        """See `stats.reports.statistics.cost_trend`."""
        from stats.reports import statistics

        return statistics.cost_trend(days, timezone.now(), **narrowed)

    @classmethod
    def get_endpoint_statistics(cls, **narrowed: Unpack[Narrowed]) -> list[dict[str, Any]]:
        """See `stats.reports.statistics.endpoint_statistics`."""
        from stats.reports import statistics

        return statistics.endpoint_statistics(timezone.now(), **narrowed)
