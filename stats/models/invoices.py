"""Invoices of providers, by day. `stats.invoices.keeping` alone writes them."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from stats.models.fields import ExactCharField
from stats.models.internal import InternalModel

# Amounts are kept as whole numbers of it, which every database adds up exactly.
AMOUNT_STEP = Decimal("0.00000001")


class ProviderInvoice(InternalModel):
    """What a provider asks for a month. A tax belongs to no day: the amount may be more than its
    days."""

    provider = ExactCharField(max_length=100)
    # Its first day.
    month = models.DateField(db_index=True)
    # Whether its days are those of UTC; else those of TIME_ZONE.
    is_utc = models.BooleanField()
    currency = ExactCharField(max_length=64)
    # In hundred-millionths.
    amount_units = models.BigIntegerField()
    note = ExactCharField(max_length=500, blank=True)
    # What it was read from; empty if it was entered by hand.
    format = models.CharField(max_length=20, blank=True)
    # The file is in the database, so that one backup has all.
    file_name = ExactCharField(max_length=200, blank=True)
    file = models.BinaryField(null=True)
    added_at = models.DateTimeField()
    added_by = ExactCharField(max_length=150)

    class Meta(InternalModel.Meta):
        db_table_comment = "What a provider asks for a month."
        # Not `view_…`: analysts have all of those.
        permissions = (("see_invoices", _("Can see and add invoices of providers")),)

    def __str__(self) -> str:
        return f"{self.provider} {self.month:%Y-%m}"

    @property
    def amount(self) -> Decimal:
        return self.amount_units * AMOUNT_STEP


class InvoiceDay(InternalModel):
    pk = models.CompositePrimaryKey("invoice_id", "day")
    invoice = models.ForeignKey(ProviderInvoice, models.CASCADE, related_name="days")
    day = models.DateField()
    # In hundred-millionths.
    amount_units = models.BigIntegerField()

    class Meta(InternalModel.Meta):
        db_table_comment = "What an invoice asks for a day."

    @property
    def amount(self) -> Decimal:
        return self.amount_units * AMOUNT_STEP
