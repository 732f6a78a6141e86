"""The three mirrored tables: created standalone, only described when adopted (spec §1).

The fields follow the same settings as the models do, so that `makemigrations --check` is clean in
every mode. Columns stand in the order of the mirrored table, foreign keys included.
"""

from decimal import Decimal

from django.conf import settings
from django.db import migrations, models
from django.db.models import PROTECT
from django.utils import timezone

from stats.models.fields import PlainTextField, WholeSecondField
from stats.models.job_columns import JOB_COLUMNS

IdField = models.BigAutoField if settings.ADOPTED else models.AutoField
OWN_TABLE_PERMISSIONS = ("view",) if settings.ADOPTED else ("add", "change", "delete", "view")


def label(name: str, verbose_name: str, column: str) -> list[tuple[str, models.Field]]:
    """The label field: always ours standalone, the translator's column, if any, when adopted."""
    if not settings.ADOPTED:
        return [(name, models.CharField(verbose_name, max_length=200))]
    if not column:
        return []
    return [(name, models.CharField(verbose_name, max_length=200, db_column=column))]


def group() -> list[tuple[str, models.Field]]:
    return label("group", "group today", settings.USER_GROUP_COLUMN) if settings.ADOPTED else []


def job_owner() -> list[tuple[str, models.Field]]:
    if settings.ADOPTED:
        return []
    owner = models.ForeignKey(
        "stats.enduser",
        PROTECT,
        null=True,
        blank=True,
        related_name="jobs",
        verbose_name="user",
    )
    return [("user", owner)]


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="EndUser",
            fields=[
                ("id", IdField(primary_key=True, serialize=False)),
                *label("name", "name", settings.USER_LABEL_COLUMN),
                *group(),
            ],
            options={
                "db_table": "dt_users",
                "managed": not settings.ADOPTED,
                "default_permissions": OWN_TABLE_PERMISSIONS,
                "verbose_name": "user record",
                "verbose_name_plural": "user records",
            },
        ),
        migrations.CreateModel(
            name="TranslationJob",
            fields=[
                ("id", IdField(primary_key=True, serialize=False)),
                *label("name", "name", settings.JOB_LABEL_COLUMN),
                *job_owner(),
                *((shown.field, shown.as_field()) for shown in JOB_COLUMNS),
            ],
            options={
                "db_table": "dt_translation_jobs",
                "managed": not settings.ADOPTED,
                "default_permissions": OWN_TABLE_PERMISSIONS,
                "verbose_name": "job record",
                "verbose_name_plural": "job records",
            },
        ),
        migrations.CreateModel(
            name="APIUsageStats",
            fields=[
                ("id", IdField(primary_key=True, serialize=False)),
                (
                    "user",
                    models.ForeignKey(
                        "stats.enduser",
                        PROTECT,
                        related_name="calls",
                        verbose_name="user",
                        db_comment="使用者ID",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        "stats.translationjob",
                        PROTECT,
                        null=True,
                        blank=True,
                        related_name="calls",
                        verbose_name="job",
                        db_comment="任務ID",
                    ),
                ),
                (
                    "api_endpoint",
                    models.CharField("endpoint", max_length=200, db_comment="API端點"),
                ),
                (
                    "prompt_tokens",
                    models.IntegerField(
                        "tokens in", null=True, default=0, db_comment="Prompt token數"
                    ),
                ),
                (
                    "completion_tokens",
                    models.IntegerField(
                        "tokens out", null=True, default=0, db_comment="Completion token數"
                    ),
                ),
                (
                    "total_tokens",
                    models.IntegerField(
                        "tokens in total", null=True, default=0, db_comment="總token數"
                    ),
                ),
                (
                    "prompt_unit_price",
                    models.DecimalField(
                        "unit price, in",
                        max_digits=10,
                        decimal_places=8,
                        null=True,
                        default=Decimal(0),
                        db_comment="單價",
                    ),
                ),
                (
                    "prompt_price_unit",
                    models.CharField(
                        "currency", max_length=20, null=True, default="USD", db_comment="價格單位"
                    ),
                ),
                (
                    "cost",
                    models.DecimalField(
                        "cost",
                        max_digits=10,
                        decimal_places=4,
                        null=True,
                        default=Decimal(0),
                        db_comment="成本",
                    ),
                ),
                (
                    "response_time_ms",
                    models.IntegerField(
                        "response time", null=True, default=0, db_comment="回應時間(毫秒)"
                    ),
                ),
                (
                    "success",
                    models.BooleanField("success", null=True, default=True, db_comment="是否成功"),
                ),
                (
                    "error_message",
                    PlainTextField(
                        "error message", null=True, blank=True, default=None, db_comment="錯誤訊息"
                    ),
                ),
                (
                    "created_at",
                    WholeSecondField(
                        "time", null=True, default=timezone.now, db_comment="建立時間"
                    ),
                ),
            ],
            options={
                "db_table": "dt_api_usage_stats",
                "managed": not settings.ADOPTED,
                "default_permissions": ("view",),
                "verbose_name": "API call",
                "verbose_name_plural": "API calls",
            },
        ),
    ]
