"""Closed months: a chain of entries, each with its lines. `stats.closings.chain` alone writes them,
and edits none."""

from datetime import date, datetime

from django.db import models

from stats.models.fields import ExactCharField
from stats.models.internal import InternalModel


class EntryKind(models.TextChoices):
    """What an entry of the chain says of its month."""

    CLOSING = "closing"
    # What differs from the closing, found later.
    ADJUSTMENT = "adjustment"
    # Somebody asks to reopen the month; another one agrees.
    REQUEST = "request"
    REOPENING = "reopening"


class ClosingEntries(models.QuerySet["ClosingEntry"]):
    def closed_months(self) -> dict[date, int]:
        """The place of the closing that holds, by month."""
        closed: dict[date, int] = {}
        deciding = (EntryKind.CLOSING, EntryKind.REOPENING)
        events = self.filter(kind__in=deciding).order_by("place")
        for place, kind, month in events.values_list("place", "kind", "month"):
            if kind == EntryKind.CLOSING:
                closed[month] = place
            else:
                closed.pop(month, None)
        return dict(sorted(closed.items()))


class ClosingEntry(models.Model):
    """An entry of the chain. docs/closing.md says how it is hashed, field by field."""

    place = models.IntegerField(primary_key=True)
    kind = models.CharField(max_length=10, choices=EntryKind.choices)
    # Its first day.
    month = models.DateField(db_index=True)
    # In UTC, as it is hashed: no setting of a zone changes it.
    made_at = models.CharField(max_length=20)
    # The account, by name and number; none of an adjustment.
    made_by = ExactCharField(max_length=150)
    account_id = models.BigIntegerField(null=True)
    # The place of an entry: a reopening refers to its request, all others to the closing, which
    # refers to none.
    refers_to = models.IntegerField(null=True)
    reason = ExactCharField(max_length=500)
    # TIME_ZONE.
    zone = models.CharField(max_length=64)
    versions = ExactCharField(max_length=200)
    # The highest id of a call at that time.
    highest_id = models.BigIntegerField()
    line_count = models.IntegerField()
    lines_sha256 = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = ClosingEntries.as_manager()

    class Meta:
        db_table_comment = "An entry of the chain of closed months."
        default_permissions = ("view",)
        permissions = (("close_month", "Can close months, ask to reopen them, and agree"),)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def at(self) -> datetime:
        """`made_at` as a time."""
        return datetime.fromisoformat(self.made_at)


class ClosedFigures(InternalModel):
    """Figures of calls in one currency; of an adjustment they are signed."""

    currency = ExactCharField(max_length=64)
    calls = models.IntegerField()
    failures = models.IntegerField()
    prompt_tokens = models.BigIntegerField()
    completion_tokens = models.BigIntegerField()
    total_tokens = models.BigIntegerField()
    # In ten-thousandths.
    cost_units = models.BigIntegerField()
    # Calls of unknown cost.
    unpriced_calls = models.IntegerField()
    rounded_away_calls = models.IntegerField()
    no_usage_calls = models.IntegerField()

    class Meta(InternalModel.Meta):
        abstract = True


class ClosedLine(ClosedFigures):
    """The figures of a user in a group at an endpoint. Names are those of the day the month was
    closed; so is the group, unless groups have dates."""

    pk = models.CompositePrimaryKey("entry_id", "number")
    entry = models.ForeignKey(ClosingEntry, models.PROTECT, related_name="lines")
    number = models.IntegerField()
    user_id = models.BigIntegerField()
    # None: no such user, or no such column.
    user_name = ExactCharField(max_length=500, null=True)
    # None: in no group, or not known.
    group = ExactCharField(max_length=500, null=True)
    endpoint = ExactCharField(max_length=500)

    class Meta(ClosedFigures.Meta):
        db_table_comment = (
            "The figures of a user in a group at an endpoint in a currency, in an entry."
        )


class ClosedTotal(ClosedFigures):
    pk = models.CompositePrimaryKey("entry_id", "currency")
    entry = models.ForeignKey(ClosingEntry, models.PROTECT, related_name="totals")

    class Meta(ClosedFigures.Meta):
        db_table_comment = "The sum of an entry's lines in a currency."


class ChainHead(InternalModel):
    """The single row that says which entry is the last, so that its removal is noticed."""

    id = models.SmallIntegerField(primary_key=True)
    place = models.IntegerField()
    hash = models.CharField(max_length=64)

    class Meta(InternalModel.Meta):
        db_table_comment = "The single row: which entry of the chain is the last."


FIGURES: tuple[str, ...] = tuple(
    field.name for field in ClosedFigures._meta.concrete_fields if field.name != "currency"
)
