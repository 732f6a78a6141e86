"""Sums by job and day. On a ledger in use, `fold_usage` fills them with what was folded before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stats", "0019_failures_of_notices")]
    operations = [
        migrations.CreateModel(
            name="DayJob",
            fields=[
                ("currency_id", models.SmallIntegerField()),
                ("calls", models.IntegerField()),
                ("prompt_tokens", models.BigIntegerField()),
                ("completion_tokens", models.BigIntegerField()),
                ("total_tokens", models.BigIntegerField()),
                ("cost_units", models.BigIntegerField()),
                ("response_ms", models.BigIntegerField()),
                ("timed_calls", models.IntegerField()),
                ("successes", models.IntegerField()),
                ("costed_calls", models.IntegerField()),
                ("failed_cost_units", models.BigIntegerField()),
                ("failed_costed_calls", models.IntegerField()),
                ("unpriced_calls", models.IntegerField()),
                ("unpriced_tokens", models.BigIntegerField()),
                ("rounded_away_calls", models.IntegerField()),
                ("rounded_away_tokens", models.BigIntegerField()),
                ("no_usage_calls", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day",
                        "job_id",
                        "currency_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("job_id", models.BigIntegerField()),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [models.Index(fields=["job_id"], name="stats_dayjob_job")],
            },
        ),
    ]
