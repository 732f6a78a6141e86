"""What was spent in a currency: by whom, what is different from before, what may come."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from stats.core import formatting
from stats.core.periods import last_of_month, local_day
from stats.core.zones import reading_zone
from stats.letters import pages, wording
from stats.letters.contents import Contents, OfCurrency
from stats.letters.letter import Piece, Row, Section, Sentence, sentence
from stats.query.sums import BriefSums, Sums
from stats.reports.changes import Changes
from stats.reports.ranking import Ranking
from stats.reports.ranking import Row as Ranked
from stats.tables import wording as tables

# Of those who spent most, and of those who made a difference; the pages have all.
MOST, MOST_MAKERS = 5, 3


def _titled(title: str, found: Contents, one: OfCurrency) -> str:
    """With the currency, where there are several."""
    if found.tab(one) is None:
        return title
    words = {"title": title, "currency": formatting.currency_name(one.currency)}
    return _("%(title)s, %(currency)s") % words


def spenders(found: Contents, one: OfCurrency) -> Section:
    """The groups where there are some, else the users. The rows add up to what was spent."""
    ranking: Ranking[Any, Sums] = one.groups.ranking if one.groups else one.users
    name = wording.group if one.groups else wording.person
    path = pages.page("reports_users", found.scope, ranked_in=found.tab(one))
    top, others = ranking.top(MOST)
    shares = [(name(found, row.key), Decimal(row.value), row.share) for row in top]
    if others:
        shares.append((Piece(tables.others(others.count), path), others.sums.cost, others.share))
    places = formatting.places_of(cost for _who, cost, _percent in shares)
    rows = [
        Row(who, _share(one, who.path, cost, share, places)) for who, cost, share in shares if cost
    ]
    return Section(_titled(_("Who spent it"), found, one), (), tuple(rows))


def _share(one: OfCurrency, path: str, cost: Decimal, share: float | None, places: int) -> Sentence:
    return sentence(
        _("%(cost)s, %(share)s"),
        cost=wording.money(one.currency, cost, path, places),
        share=Piece(formatting.percent(share or 0.0), path),
    )


def differences(found: Contents, one: OfCurrency, changes: Changes) -> Section:
    rows: list[tuple[Piece, Ranked[Any, BriefSums]]] = [
        *((wording.person(found, row.key), row) for row in changes.users.rows[:MOST_MAKERS]),
        *((wording.endpoint(found, row.key), row) for row in changes.endpoints.rows[:MOST_MAKERS]),
    ]
    parts = changes.split
    amounts = [Decimal(row.difference) for _who, row in rows]
    places = formatting.places_of(
        (parts.calls, parts.tokens_per_call, parts.cost_per_token, *amounts)
    )
    return Section(
        _titled(_("What is different"), found, one),
        tuple(_causes(found, one, changes, places)),
        tuple(Row(who, _difference(found, one, row, places)) for who, row in rows),
    )


def _causes(found: Contents, one: OfCurrency, changes: Changes, places: int) -> Iterator[Sentence]:
    path = pages.page("reports_changes", found.scope, ranked_in=found.tab(one))
    parts = changes.split
    for part, more, less in (
        (
            parts.calls,
            _("More calls added %(amount)s."),
            _("Fewer calls saved %(amount)s."),
        ),
        (
            parts.tokens_per_call,
            _("Longer calls added %(amount)s."),
            _("Shorter calls saved %(amount)s."),
        ),
        (
            parts.cost_per_token,
            _("A higher average price per token added %(amount)s."),
            _("A lower average price per token saved %(amount)s."),
        ),
    ):
        if part:
            amount = wording.money(one.currency, abs(part), path, places)
            yield sentence(more if part > 0 else less, amount=amount)


def _difference(
    found: Contents, one: OfCurrency, row: Ranked[Any, BriefSums], places: int
) -> Sentence:
    path = pages.page("reports_changes", found.scope, ranked_in=found.tab(one))
    difference = Decimal(row.difference)
    if row.is_new:
        text = _("%(amount)s, new this time")
    elif row.is_gone:
        text = _("%(amount)s less, nothing this time")
    else:
        text = _("%(amount)s more") if difference > 0 else _("%(amount)s less")
    return sentence(text, amount=wording.money(one.currency, abs(difference), path, places))


def outlook(found: Contents) -> Iterator[Section]:
    """Of the month that the letter ends in, or that begins where it ends."""
    if not found.currencies:
        return
    today = local_day(found.scope.as_of, reading_zone())
    first = today.replace(day=1)
    month = formatting.month(first)
    path = pages.page_of_days("index", found.scope, first, last_of_month(first))
    sentences = tuple(_expected(one, today, path) for one in found.currencies)
    yield Section(_("How %(month)s may end") % {"month": month}, sentences)


def _expected(one: OfCurrency, today: date, path: str) -> Sentence:
    """As it was expected on a day: the page that it leads to has what is expected now."""
    end, currency = one.month_end, one.currency
    if end is None:
        text = _("For %(currency)s it is too early to say: that takes about two months of costs.")
        return sentence(text, currency=formatting.currency_name(currency))
    expected = formatting.money_range(currency, end.expected, end.expected)
    text = _(
        "As of %(day)s, %(month)s may come to %(expected)s, and in four of five cases to %(range)s."
    )
    return sentence(
        text,
        day=formatting.day(today),
        month=formatting.month(today),
        expected=Piece(expected, path),
        range=Piece(formatting.money_range(currency, end.low, end.high), path),
    )
