"""The rollups: sums per day or month and dimension, and how far they have come.

Plain integers point at the other application's rows, no foreign keys. Dimensions are NOT NULL and
make up the primary key, so that nothing can be counted under two rows. Calls without a time stand
under `UNDATED`. Sums and counts only: averages and rates are derived on reading.
"""

from datetime import date

from django.db import models

from stats.models.fields import ExactCharField, WholeSecondField

# Earlier than any call (spec: a year from 1001), and a date on every database.
UNDATED = date(1000, 1, 1)
# What the sums of `CallSums` are split by, besides their own dimensions.
SPLIT = ("currency_id", "success", "cost_kind")


class EndpointName(models.Model):
    """A number for each endpoint text."""

    text = ExactCharField(max_length=500, unique=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.text)


class CurrencyName(models.Model):
    """A number for each currency text, `none` included."""

    text = ExactCharField(max_length=64, unique=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.text)


class Counters(models.Model):
    """The counters of `stats.rollups.counters`, for calls of one currency."""

    currency_id = models.SmallIntegerField()
    calls = models.IntegerField()
    prompt_tokens = models.BigIntegerField()
    completion_tokens = models.BigIntegerField()
    total_tokens = models.BigIntegerField()
    cost_units = models.BigIntegerField()
    response_ms = models.BigIntegerField()
    timed_calls = models.IntegerField()

    class Meta:
        abstract = True
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class CallSums(Counters):
    """Of calls of one outcome and kind of cost."""

    success = models.BooleanField()
    # A `stats.rollups.counters.CostKind`.
    cost_kind = models.SmallIntegerField()

    class Meta(Counters.Meta):
        abstract = True


class CurrencySums(Counters):
    """Of all calls: what outcomes and kinds of cost amount to is in columns
    (`stats.rollups.counters.TOLD_APART`), so that there is one row where split ones are three.
    """

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


class DayEndpoint(CallSums):
    pk = models.CompositePrimaryKey("day", "endpoint_id", *SPLIT)
    day = models.DateField()
    endpoint_id = models.IntegerField()


class HourEndpoint(CallSums):
    """`hour` is an `HourNumber`; where midnight cuts it, a row for each of the days."""

    pk = models.CompositePrimaryKey("day", "hour", "endpoint_id", *SPLIT)
    day = models.DateField()
    hour = models.IntegerField()
    endpoint_id = models.IntegerField()


class DayUser(CurrencySums):
    pk = models.CompositePrimaryKey("day", "user_id", "currency_id")
    day = models.DateField()
    user_id = models.BigIntegerField()


class DayUserOutcome(CallSums):
    pk = models.CompositePrimaryKey("day", "user_id", *SPLIT)
    day = models.DateField()
    user_id = models.BigIntegerField()


class DayUserEndpoint(CallSums):
    pk = models.CompositePrimaryKey("day", "user_id", "endpoint_id", *SPLIT)
    day = models.DateField()
    user_id = models.BigIntegerField()
    endpoint_id = models.IntegerField()


class MonthUser(CurrencySums):
    """`month` is its first day."""

    pk = models.CompositePrimaryKey("month", "user_id", "currency_id")
    month = models.DateField()
    user_id = models.BigIntegerField()


class MonthUserOutcome(CallSums):
    """`month` is its first day."""

    pk = models.CompositePrimaryKey("month", "user_id", *SPLIT)
    month = models.DateField()
    user_id = models.BigIntegerField()


class MonthUserEndpoint(CallSums):
    """`month` is its first day."""

    pk = models.CompositePrimaryKey("month", "user_id", "endpoint_id", *SPLIT)
    month = models.DateField()
    user_id = models.BigIntegerField()
    endpoint_id = models.IntegerField()


class DayLatency(models.Model):
    """How many calls took how long: a histogram of `stats.core.percentiles`' buckets."""

    pk = models.CompositePrimaryKey("day", "endpoint_id", "bucket")
    day = models.DateField()
    endpoint_id = models.IntegerField()
    bucket = models.SmallIntegerField()
    timed_calls = models.IntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class MonthLatency(models.Model):
    """`month` is its first day."""

    pk = models.CompositePrimaryKey("month", "endpoint_id", "bucket")
    month = models.DateField()
    endpoint_id = models.IntegerField()
    bucket = models.SmallIntegerField()
    timed_calls = models.IntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class FailureKind(models.Model):
    """Failures alike but for numbers, UUIDs and the like, with one of their messages."""

    fingerprint = ExactCharField(max_length=40, unique=True)
    # As calls have it, whatever the database gives new tables.
    message = ExactCharField(max_length=500)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.message)


class DayFailure(models.Model):
    """Failures per day, kind and endpoint."""

    pk = models.CompositePrimaryKey("day", "kind_id", "endpoint_id")
    day = models.DateField()
    kind_id = models.IntegerField()
    endpoint_id = models.IntegerField()
    failures = models.IntegerField()
    first_at = WholeSecondField(null=True)
    last_at = WholeSecondField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class FoldState(models.Model):
    """The one row that says how far the rollups have come; who holds its lock may write them."""

    id = models.SmallIntegerField(primary_key=True)
    # Calls up to this id are in the sums, later ones are read from the table.
    folded_to = models.BigIntegerField(default=0)
    # Ids up to `safe_id` were there some seconds ago; `seen_id` was the newest at `seen_at`.
    safe_id = models.BigIntegerField(default=0)
    seen_id = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    # The newest id that a purge removed.
    purged_to = models.BigIntegerField(default=0)
    # The zones whose days the sums are of: "TIME_ZONE DATABASE_TIME_ZONE".
    zones = models.CharField(max_length=128, default="")
    folded_at = models.DateTimeField(null=True)
    # Calls of earlier local days exist as sums only.
    purged_before = models.DateField(null=True)
    # How often that day has moved: a report that sees it move under its hands asks again.
    purges = models.IntegerField(default=0, db_default=0)
    verified_at = models.DateTimeField(null=True)
    # ISO dates on which the last verification found a difference.
    differing_days = models.JSONField(default=list)
    # By table, how far a rollup is that was added to a ledger in use (`stats.rollups.fills`).
    fills = models.JSONField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"folded to {self.folded_to}"


class FoldedChunk(models.Model):
    """What a fold counted, kept as long as it is recounted: ids above `after_id` to `last_id`."""

    after_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    calls = models.IntegerField()
    # The local days its calls lay on, as ISO dates.
    days = models.JSONField()
    folded_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.after_id}–{self.last_id}"
