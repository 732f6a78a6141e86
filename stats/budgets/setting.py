"""The only writer of budgets and their terms."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from stats.budgets.periods import period_from
from stats.budgets.whose import told_group
from stats.core import formatting
from stats.core.money import COST_STEP
from stats.db.charsets import holds
from stats.ingest import currencies
from stats.models import (
    HAS_GROUPS,
    APIUsageStats,
    Budget,
    BudgetTerms,
    EndpointName,
    EndUser,
)
from stats.models.budgets import Per
from stats.notices import recipients
from stats.query.group_names import names_taken_for

DEFAULT_THRESHOLDS = (50, 80, 100)
MOST_THRESHOLDS = 10
HIGHEST_THRESHOLD = 1_000
MOST_AMOUNT = Decimal(10) ** 12
MOST_RECIPIENTS = 20
# An endpoint that is not folded yet is looked for among so many.
NEWEST_CALLS = 1_000


class BudgetError(ValueError):
    """What is wrong, by the field's name."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{name}: {text}" for name, text in errors.items()))
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Of whom a budget is, in what and for how long: what no later change may alter."""

    user_id: int | None = None
    group: str | None = None
    api_endpoint: str | None = None
    currency: str
    per: str = Per.MONTH
    is_billed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a budget is from a day on: thresholds in whole percent, recipients by address."""

    amount: Decimal
    thresholds: Sequence[int] = DEFAULT_THRESHOLDS
    forecast_thresholds: Sequence[int] = ()
    mails: Sequence[str] = ()
    webhooks: Sequence[str] = ()


WHOSE, TERMS = (tuple(field.name for field in fields(kind)) for kind in (Whose, Terms))


def percentages(text: str) -> list[int]:
    """Whole percentages with commas between them. Raises `ValueError` with a sentence."""
    parts = [part.strip() for part in text.split(",")]
    try:
        return [int(part) for part in parts if part]
    except ValueError:
        raise ValueError(_("Whole percentages with commas are needed.")) from None


def set_budget(
    name: str, whose: Whose, terms: Terms, now: datetime, since: date | None = None
) -> Budget:
    """Make a budget, or give one new terms.

    The terms hold from the period on that contains `since`, by default from the running one.
    Periods before keep theirs; a removed budget is there again. Raises `BudgetError`.
    """
    name, whose = name.strip(), replace(whose, api_endpoint=_stored(whose.api_endpoint))
    if errors := errors_of(name, whose, terms):
        raise BudgetError(errors)
    with transaction.atomic():
        # Of two who make the same one at once, the other finds it.
        budget, _is_new = Budget.objects.get_or_create(
            name=name, defaults={"created_at": now, **_columns(whose)}
        )
        Budget.objects.filter(pk=budget.pk).update(removed_at=None)
        period = period_from(budget, since, now)
        BudgetTerms.objects.update_or_create(
            budget=budget,
            since=period.first,
            defaults={
                "amount": terms.amount,
                "thresholds": sorted(set(terms.thresholds)),
                "forecast_thresholds": sorted(set(terms.forecast_thresholds)),
                "mails": list(dict.fromkeys(terms.mails)),
                "webhooks": list(dict.fromkeys(terms.webhooks)),
                "changed_at": now,
            },
        )
        recipients.make([*terms.mails, *terms.webhooks])
    return budget


def errors_of(name: str, whose: Whose, terms: Terms) -> dict[str, str]:
    """What `set_budget` would refuse, by field."""
    kept = kept_budget(name)
    whose = replace(whose, api_endpoint=_stored(whose.api_endpoint))
    about = _altered(kept, whose) if kept else _wrong_whose(whose)
    return {**dict(_wrong(name, whose, terms)), **dict(about)}


def remove_budget(name: str, now: datetime) -> bool:
    """Let a budget hold no more; its history stays. False if there is none."""
    return bool(Budget.objects.filter(name=name, removed_at=None).update(removed_at=now))


def kept_budget(name: str) -> Budget | None:
    """That of this name, be it removed."""
    return Budget.objects.filter(name=name.strip()).first()


def doubts_about(budget: Budget) -> str:
    """What may be a mistake, in a sentence; empty if nothing."""
    if budget.api_endpoint is not None and not _is_called(str(budget.api_endpoint)):
        words = {"endpoint": budget.api_endpoint}
        return _("No call has the endpoint %(endpoint)s so far.") % words
    if budget.group and not names_taken_for(str(budget.group)):
        return _("No user is in the group %(group)s.") % {"group": budget.group}
    return ""


def _columns(whose: Whose) -> dict[str, object]:
    return {name: getattr(whose, name) for name in WHOSE}


def _stored(endpoint: str | None) -> str | None:
    """Blanks at the end tell no endpoints apart."""
    return endpoint and endpoint.rstrip(" ")


def _is_called(endpoint: str) -> bool:
    """By a call that is folded, or by one of the newest."""
    if EndpointName.objects.filter(text=endpoint).exists():
        return True
    newest = APIUsageStats.objects.order_by("-pk").values_list("api_endpoint", flat=True)
    return endpoint in {(one or "").rstrip(" ") for one in newest[:NEWEST_CALLS]}


def _altered(kept: Budget, whose: Whose) -> Iterator[tuple[str, str]]:
    """What would make the periods before a budget of something else."""
    for name, value in _columns(whose).items():
        if getattr(kept, name) != value:
            yield name, _("This cannot be changed: make another budget.")


def _wrong(name: str, whose: Whose, terms: Terms) -> Iterator[tuple[str, str]]:
    length = Budget._meta.get_field("name").max_length or 0
    if not 0 < len(name) <= length:
        yield "name", _("1 to %(length)s characters are needed.") % {"length": length}
    if not name.isprintable():
        yield "name", _("Line breaks and other control characters are not possible.")
    yield from _wrong_terms(terms)
    yield from _deaf(whose, terms)
    if terms.forecast_thresholds and (whose.per != Per.MONTH or whose.is_billed):
        yield "forecast_thresholds", _("Only local months have a forecast.")


def _deaf(whose: Whose, terms: Terms) -> Iterator[tuple[str, str]]:
    """Recipients who may not hear of this budget."""
    group = told_group(whose)
    for name in ("mails", "webhooks"):
        if deaf := recipients.deaf_to(getattr(terms, name), group):
            text = _("These hear of another group alone: %(addresses)s.")
            yield name, text % {"addresses": formatting.listed(sorted(deaf))}


def _wrong_whose(whose: Whose) -> Iterator[tuple[str, str]]:
    given = {
        name: getattr(whose, name)
        for name in ("user_id", "group", "api_endpoint")
        if getattr(whose, name) is not None
    }
    if len(given) > 1:
        yield list(given)[1], _("A budget is of one user, one group or one endpoint.")
    known = {field.name: field for field in Budget._meta.concrete_fields}
    for name in ("group", "api_endpoint"):
        text, length = getattr(whose, name), known[name].max_length or 0
        if text is not None and not (len(text) <= length and (text or name == "group")):
            yield name, _("1 to %(length)s characters are needed.") % {"length": length}
        if text and not holds(known[name], text):
            yield name, _("This database cannot store some of these characters.")
    if whose.user_id is not None and not EndUser.objects.filter(pk=whose.user_id).exists():
        yield "user_id", _("There is no such user.")
    if whose.group is not None and not HAS_GROUPS:
        yield "group", _("There are no groups: USER_GROUP_COLUMN is not set.")
    if not whose.currency or currencies.unknown([whose.currency]):
        yield "currency", _("This is no currency of ISO 4217, and no call has it.")
    if whose.per not in Per.values:
        yield "per", _("One of %(names)s is needed.") % {"names": formatting.listed(Per.values)}


def _wrong_terms(terms: Terms) -> Iterator[tuple[str, str]]:
    amount = terms.amount
    if not (amount.is_finite() and 0 < amount < MOST_AMOUNT and amount % COST_STEP == 0):
        yield "amount", _("More than 0 is needed, with at most four decimals.")
    for name in ("thresholds", "forecast_thresholds"):
        if not _are_thresholds(getattr(terms, name)):
            yield (
                name,
                _("At most %(most)s whole percentages from 1 to %(highest)s are needed.")
                % {
                    "most": MOST_THRESHOLDS,
                    "highest": HIGHEST_THRESHOLD,
                },
            )
    if not terms.thresholds and not terms.forecast_thresholds:
        yield "thresholds", _("At least one is needed.")
    if wrong := [one for one in terms.mails if not recipients.is_mail(one)]:
        yield "mails", _("These are no addresses: %(wrong)s.") % {"wrong": formatting.listed(wrong)}
    if wrong := [one for one in terms.webhooks if not recipients.is_webhook(one)]:
        yield (
            "webhooks",
            _("These are no https addresses: %(wrong)s.") % {"wrong": formatting.listed(wrong)},
        )
    for name in ("mails", "webhooks"):
        if len(getattr(terms, name)) > MOST_RECIPIENTS:
            yield name, _("At most %(most)s are possible.") % {"most": MOST_RECIPIENTS}


def _are_thresholds(values: Iterable[int]) -> bool:
    found = list(values)
    return len(found) <= MOST_THRESHOLDS and all(
        type(value) is int and 1 <= value <= HIGHEST_THRESHOLD for value in found
    )
