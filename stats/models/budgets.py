"""Budgets: whose, how much from when on, and which thresholds were crossed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from stats.models.fields import ExactCharField


class Per(models.TextChoices):
    """How long a period of a budget is."""

    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    YEAR = "year", _("Year")


class CrossingKind(models.TextChoices):
    """What crossed a threshold."""

    SPENT = "spent"
    FORECAST = "forecast"


class Budget(models.Model):
    """What may be spent, by whom. `stats.budgets.setting` alone writes it.

    It is of everybody where neither a user, a group nor an endpoint is named. What it may be is in
    its terms. A removed one keeps its history.
    """

    name = ExactCharField(_("name"), max_length=80, unique=True)
    user_id = models.BigIntegerField(null=True, blank=True)
    group = ExactCharField(max_length=191, null=True, blank=True)
    api_endpoint = ExactCharField(max_length=100, null=True, blank=True)
    currency = ExactCharField(_("currency"), max_length=10)
    per = models.CharField(_("period"), max_length=7, choices=Per.choices, default=Per.MONTH)
    # Its periods are of UTC days, as providers bill them; else of days of TIME_ZONE.
    is_billed = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    class Meta:
        db_table_comment = "What may be spent, and by whom."
        verbose_name = _("budget")
        # A page of reports has the plain name.
        verbose_name_plural = _("budgets as set")

    def __str__(self) -> str:
        return str(self.name)


class BudgetTerms(models.Model):
    """What a budget is from the period on that contains the day `since`."""

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="terms")
    since = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    # Whole percentages of the amount, ascending.
    thresholds = models.JSONField()
    forecast_thresholds = models.JSONField()
    # Addresses.
    mails = models.JSONField()
    webhooks = models.JSONField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table_comment = "What a budget is from a period on."
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("budget", "since"), name="terms_of_budget_and_day"),
        )

    def __str__(self) -> str:
        return f"{self.budget_id} {self.since}"


class BudgetCrossing(models.Model):
    """A threshold that was reached in a period, once. `stats.budgets.crossings` alone writes it."""

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="crossings")
    # The first day of the period.
    period = models.DateField()
    kind = models.CharField(max_length=8, choices=CrossingKind.choices)
    threshold = models.IntegerField()
    # As it was then: what was spent or expected, of what amount.
    reached = models.DecimalField(max_digits=18, decimal_places=4)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    found_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table_comment = "A threshold of a budget that was reached in a period."
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("budget", "period", "kind", "threshold"), name="crossing_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.budget_id} {self.period} {self.kind} {self.threshold} %"
