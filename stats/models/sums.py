"""The rollups: sums per day or month and dimension, and their fill state.

They store sums and counts; averages and rates are computed on reading. Dimensions are NOT NULL and
form the primary key, so that no call counts in two rows. Ids of the other application's rows are
plain integers, not foreign keys. A `month` is its first day. `UNDATED` is for calls without
a time.
"""

from datetime import date

from django.db import models

from stats.models.fields import ExactCharField, WholeSecondField
from stats.models.internal import InternalModel

# Earlier than any call (years begin at 1001), and valid on every database.
UNDATED = date(1000, 1, 1)
# The keys of `CallSums` besides the dimensions of each rollup.
SPLIT = ("currency_id", "success", "cost_kind")


class EndpointName(InternalModel):
    """The id of an endpoint."""

    text = ExactCharField(max_length=500, unique=True)

    class Meta(InternalModel.Meta):
        db_table_comment = "An endpoint, with its number in the sums."


class CurrencyName(InternalModel):
    """The id of a currency, `none` included."""

    text = ExactCharField(max_length=64, unique=True)

    class Meta(InternalModel.Meta):
        db_table_comment = "A currency, with its number in the sums."


class Counters(InternalModel):
    """The counters of `stats.rollups.counters`, per currency."""

    currency_id = models.SmallIntegerField()
    calls = models.IntegerField()
    prompt_tokens = models.BigIntegerField()
    completion_tokens = models.BigIntegerField()
    total_tokens = models.BigIntegerField()
    cost_units = models.BigIntegerField()
    response_ms = models.BigIntegerField()
    timed_calls = models.IntegerField()

    class Meta(InternalModel.Meta):
        abstract = True


class CallSums(Counters):
    """Counters per currency, success and cost kind."""

    success = models.BooleanField()
    # A `stats.core.money.CostKind`.
    cost_kind = models.SmallIntegerField()

    class Meta(Counters.Meta):
        abstract = True


class CurrencySums(Counters):
    """Counters per currency, with success and cost kinds as columns
    (`stats.rollups.counters.CONDITIONAL_SUMS`): one row where `CallSums` has about three."""

    successes = models.IntegerField()
    costed_calls = models.IntegerField()
    failed_cost_units = models.BigIntegerField()
    failed_costed_calls = models.IntegerField()
    unpriced_calls = models.IntegerField()
    unpriced_tokens = models.BigIntegerField()
    rounded_away_calls = models.IntegerField()
    rounded_away_tokens = models.BigIntegerField()
    no_usage_calls = models.IntegerField()

    class Meta(Counters.Meta):
        abstract = True


class DayTotal(CurrencySums):
    pk = models.CompositePrimaryKey("day", "currency_id")
    day = models.DateField()

    class Meta(CurrencySums.Meta):
        db_table_comment = "The sums of a day and currency."


class DayEndpoint(CallSums):
    pk = models.CompositePrimaryKey("day", "endpoint_id", *SPLIT)
    day = models.DateField()
    endpoint_id = models.IntegerField()

    class Meta(CallSums.Meta):
        db_table_comment = "The sums of a day, endpoint, currency and outcome."


class HourEndpoint(CallSums):
    """`hour` is a `HourNumber`. If midnight cuts the hour, each day has a row."""

    pk = models.CompositePrimaryKey("day", "hour", "endpoint_id", *SPLIT)
    day = models.DateField()
    hour = models.IntegerField()
    endpoint_id = models.IntegerField()

    class Meta(CallSums.Meta):
        db_table_comment = "The sums of an hour, endpoint, currency and outcome."


class DayUser(CurrencySums):
    pk = models.CompositePrimaryKey("day", "user_id", "currency_id")
    day = models.DateField()
    user_id = models.BigIntegerField()

    class Meta(CurrencySums.Meta):
        db_table_comment = "The sums of a day, user and currency."


class DayUserOutcome(CallSums):
    pk = models.CompositePrimaryKey("day", "user_id", *SPLIT)
    day = models.DateField()
    user_id = models.BigIntegerField()

    class Meta(CallSums.Meta):
        db_table_comment = "The sums of a day, user, currency and outcome."


class DayUserEndpoint(CallSums):
    pk = models.CompositePrimaryKey("day", "user_id", "endpoint_id", *SPLIT)
    day = models.DateField()
    user_id = models.BigIntegerField()
    endpoint_id = models.IntegerField()

    class Meta(CallSums.Meta):
        db_table_comment = "The sums of a day, user, endpoint, currency and outcome."


class DayJob(CurrencySums):
    """Calls without a job are under `stats.rollups.counters.NO_JOB`."""

    pk = models.CompositePrimaryKey("day", "job_id", "currency_id")
    day = models.DateField()
    job_id = models.BigIntegerField()

    class Meta(CurrencySums.Meta):
        db_table_comment = "The sums of a day, job and currency."
        # A job lies on few days of many.
        indexes = (models.Index(fields=["job_id"], name="stats_dayjob_job"),)


class MonthUser(CurrencySums):
    pk = models.CompositePrimaryKey("month", "user_id", "currency_id")
    month = models.DateField()
    user_id = models.BigIntegerField()

    class Meta(CurrencySums.Meta):
        db_table_comment = "The sums of a month, user and currency."


class MonthUserOutcome(CallSums):
    pk = models.CompositePrimaryKey("month", "user_id", *SPLIT)
    month = models.DateField()
    user_id = models.BigIntegerField()

    class Meta(CallSums.Meta):
        db_table_comment = "The sums of a month, user, currency and outcome."


class MonthUserEndpoint(CallSums):
    pk = models.CompositePrimaryKey("month", "user_id", "endpoint_id", *SPLIT)
    month = models.DateField()
    user_id = models.BigIntegerField()
    endpoint_id = models.IntegerField()

    class Meta(CallSums.Meta):
        db_table_comment = "The sums of a month, user, endpoint, currency and outcome."


class Latency(InternalModel):
    """A histogram of response times, in the buckets of `stats.core.percentiles`."""

    endpoint_id = models.IntegerField()
    bucket = models.SmallIntegerField()
    timed_calls = models.IntegerField()

    class Meta(InternalModel.Meta):
        abstract = True


class DayLatency(Latency):
    pk = models.CompositePrimaryKey("day", "endpoint_id", "bucket")
    day = models.DateField()

    class Meta(Latency.Meta):
        db_table_comment = "The calls of a day and endpoint whose response time is in a bucket."


class MonthLatency(Latency):
    pk = models.CompositePrimaryKey("month", "endpoint_id", "bucket")
    month = models.DateField()

    class Meta(Latency.Meta):
        db_table_comment = "The calls of a month and endpoint whose response time is in a bucket."


class FailureKind(InternalModel):
    """A kind of failure: messages that differ only in numbers, UUIDs and the like. `message` is one
    of them."""

    fingerprint = ExactCharField(max_length=40, unique=True)
    # `utf8mb4` like the messages of calls, whatever the database's default is.
    message = ExactCharField(max_length=500)

    class Meta(InternalModel.Meta):
        db_table_comment = "A kind of failure: messages that differ only in numbers and the like."


class DayFailure(InternalModel):
    pk = models.CompositePrimaryKey("day", "kind_id", "endpoint_id")
    day = models.DateField()
    kind_id = models.IntegerField()
    endpoint_id = models.IntegerField()
    failures = models.IntegerField()
    first_at = WholeSecondField(null=True)
    last_at = WholeSecondField(null=True)

    class Meta(InternalModel.Meta):
        db_table_comment = "The failures of a day, kind and endpoint."


class FoldState(InternalModel):
    """The single row with the fill state of all rollups. Whoever locks it may write rollups."""

    id = models.SmallIntegerField(primary_key=True)
    # Calls up to this id are in the rollups; reports read later ones from the table.
    folded_to = models.BigIntegerField(default=0)
    # Ids up to `safe_id` existed FOLD_MARGIN_SECONDS ago. `seen_id` was the newest at `seen_at`.
    safe_id = models.BigIntegerField(default=0)
    seen_id = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    # The newest id that a purge removed.
    purged_to = models.BigIntegerField(default=0)
    # The zones that the days of the rollups depend on: "TIME_ZONE DATABASE_TIME_ZONE".
    zones = models.CharField(max_length=128, default="")
    folded_at = models.DateTimeField(null=True)
    # Calls of earlier local days are purged: only their sums exist.
    purged_before = models.DateField(null=True)
    # Grows whenever that day moves. A report that notices this begins again.
    purges = models.IntegerField(default=0, db_default=0)
    verified_at = models.DateTimeField(null=True)
    # ISO dates of the days that differed in the last verification.
    differing_days = models.JSONField(default=list)
    # By table, the fill state of rollups added to a ledger in use (`stats.rollups.fills`).
    fills = models.JSONField(null=True)

    class Meta(InternalModel.Meta):
        db_table_comment = "The single row: how far the sums are filled."


class FoldedChunk(InternalModel):
    """A folded chunk, ids above `after_id` to `last_id`, kept until it needs no more recounts."""

    after_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    calls = models.IntegerField()
    # The local days of its calls, as ISO dates.
    days = models.JSONField()
    folded_at = models.DateTimeField(db_index=True)

    class Meta(InternalModel.Meta):
        db_table_comment = "A range of ids of calls that are in the sums."
