"""The mirror of `dt_api_usage_stats` (spec §1): one row is one call to an LLM API.

Another application writes this table too. So no column is added, renamed or retyped, defaults are
Django's and not the column's, and NULL is legal nearly everywhere.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stats.core.zones import column_zone, reading_zone
from stats.models.fields import PlainTextField, TruthField, WholeSecondField
from stats.models.translator_methods import TranslatorMethods
from stats.models.users_and_jobs import EndUser, IdField, TranslationJob


def as_dictionary(pk: int, call: Any, created_at: str | None) -> dict[str, Any]:
    """`APIUsageStats.to_dict` for any object with the columns as attributes."""
    return {
        "id": pk,
        "user_id": call.user_id,
        "job_id": call.job_id,
        "api_endpoint": call.api_endpoint,
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.completion_tokens,
        "total_tokens": call.total_tokens,
        "prompt_unit_price": float(call.prompt_unit_price or 0),
        "prompt_price_unit": call.prompt_price_unit,
        "cost": float(call.cost or 0),
        "response_time_ms": call.response_time_ms,
        "success": call.success,
        "error_message": call.error_message,
        "created_at": created_at,
    }


def call_form(pk: int, call: Any) -> dict[str, Any]:
    """As the API gives a call (spec §3): its time with the offset of TIME_ZONE."""
    moment: datetime | None = call.created_at
    return as_dictionary(pk, call, _iso(moment.astimezone(reading_zone())) if moment else None)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


class APIUsageStats(TranslatorMethods, models.Model):
    # Codes of spec §8, set when the call is recorded; no column.
    usage_warnings: tuple[str, ...] = ()
    # Some keys of the usage object that were not understood; no column either.
    unknown_keys: tuple[str, ...] = ()

    id = IdField(primary_key=True)
    user = models.ForeignKey(
        EndUser,
        models.PROTECT,
        related_name="calls",
        verbose_name=pgettext_lazy("end user", "user"),
        db_comment="使用者ID",
    )
    job = models.ForeignKey(
        TranslationJob,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("job"),
        db_comment="任務ID",
    )
    api_endpoint = models.CharField(_("endpoint"), max_length=200, db_comment="API端點")
    prompt_tokens = models.IntegerField(
        _("tokens in"), null=True, default=0, db_comment="Prompt token數"
    )
    completion_tokens = models.IntegerField(
        _("tokens out"), null=True, default=0, db_comment="Completion token數"
    )
    total_tokens = models.IntegerField(
        _("tokens in total"), null=True, default=0, db_comment="總token數"
    )
    prompt_unit_price = models.DecimalField(
        _("unit price, in"),
        max_digits=10,
        decimal_places=8,
        null=True,
        default=Decimal(0),
        db_comment="單價",
    )
    prompt_price_unit = models.CharField(
        _("currency"), max_length=20, null=True, default="USD", db_comment="價格單位"
    )
    cost = models.DecimalField(
        _("cost"), max_digits=10, decimal_places=4, null=True, default=Decimal(0), db_comment="成本"
    )
    response_time_ms = models.IntegerField(
        _("response time"), null=True, default=0, db_comment="回應時間(毫秒)"
    )
    success = TruthField(_("success"), null=True, default=True, db_comment="是否成功")
    error_message = PlainTextField(
        _("error message"), null=True, blank=True, default=None, db_comment="錯誤訊息"
    )
    created_at = WholeSecondField(_("time"), null=True, default=timezone.now, db_comment="建立時間")

    class Meta:
        db_table = "dt_api_usage_stats"
        managed = not settings.ADOPTED
        db_table_comment = "A call to the LLM API."
        default_permissions = ("view",)
        indexes = (
            # InnoDB appends the id, so each also works as (…, created_at, id).
            models.Index(fields=["created_at"], name="usage_created_at"),
            models.Index(fields=["user", "created_at"], name="usage_user_created_at"),
            models.Index(fields=["job", "created_at"], name="usage_job_created_at"),
        )
        verbose_name = _("API call")
        verbose_name_plural = _("API calls")

    def __str__(self) -> str:
        return _("Call %(id)s") % {"id": self.pk}

    def to_dict(self) -> dict[str, Any]:
        """The call as a dictionary: decimals as floats (0.0 if NULL), `created_at` as ISO 8601,
        naive in DATABASE_TIME_ZONE."""
        moment: datetime | None = self.created_at
        naive = _iso(timezone.make_naive(moment, column_zone())) if moment else None
        return as_dictionary(self.pk, self, naive)
