"""Closed months: the table of months, and the tables that tell the story of one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from operator import attrgetter

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from stats.admin.sheets.columns import ON_WIDE_PAGES, Columns, costs, moment, one_page, written
from stats.admin.sheets.invoices import Explained
from stats.core import formatting
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.invoices.ledger import Invoiced
from stats.models import ClosingEntry
from stats.models.closings import EntryKind
from stats.query.sums import Sums, currencies_of
from stats.reports.closings import Month, Story, sums_of_row
from stats.tables.closed_lines import (
    UNKNOWN,
    LineFigures,
    counts,
    found_at,
    lines_table,
    number,
)
from stats.tables.table import Column, Kind, OnPage, Phone, Table, Text, local_time

# Digits of a hash in its cell; a press shows all.
HASH_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Figures:
    """A line of sums and what it is of."""

    name: str
    sums: Sums


# ── all months ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Months:
    """All months, and the invoices of each by currency, for whoever may see them."""

    rows: Sequence[Month]
    invoiced: Mapping[date, Mapping[str, Invoiced]]


def months(found: Months) -> Table[Month]:
    """Each with what is known now, who closed it, what was adjusted since, and its invoices."""
    sums: Callable[[Month], Sums] = attrgetter("known")
    currencies = currencies_of(month.known for month in found.rows)
    adjusted = currencies_of(month.adjusted for month in found.rows)
    invoiced = sorted({currency for one in found.invoiced.values() for currency in one})

    def unknown(month: Month) -> int:
        return month.unknown_cost.calls

    standing: OnPage[Month] = replace(ON_WIDE_PAGES, text=_standing, classes="words")
    columns: Columns[Month] = [
        month_column(page_of),
        Column("state", Kind.TEXT, state, gettext_lazy("State"), standing),
        Column("closed_by", Kind.TEXT, _closed_by),
        Column("closed_at", Kind.MOMENT, _closed_at),
        number("total_calls", gettext_lazy("Calls"), lambda one: sums(one).calls),
        number("unknown_cost_calls", gettext_lazy("Cost not known"), unknown),
        *costs(sums, currencies),
        number("adjustments", gettext_lazy("Adjustments"), attrgetter("adjustments")),
        *(_adjusted(currency) for currency in adjusted),
        *(column for currency in invoiced for column in _invoiced(found, currency)),
    ]
    return one_page("closings", columns, found.rows)


def month_column(link: Callable[[Month], str]) -> Column[Month]:
    """The name of the month, and on a phone how it stands."""

    def name(one: Month) -> str:
        return formatting.month(one.month, with_year=True)

    heading: OnPage[Month] = OnPage(is_heading=True, text=name, link=link, note=state)
    label = gettext_lazy("Month")
    return Column("month", Kind.TEXT, lambda one: f"{one.month:%Y-%m}", label, heading)


def page_of(month: Month) -> str:
    """The address of its story."""
    return reverse("admin:reports_closing", args=[f"{month.month:%Y-%m}"])


def state(month: Month) -> str:
    """How it stands, in a word or two."""
    if month.request:
        return _("to be reopened")
    if month.closing:
        return _("closed")
    return _("open") if month.is_over else pgettext("a month", "running")


def _standing(month: Month) -> str:
    """Of a closed one also who closed it, and when."""
    if month.request or not month.closing:
        return state(month)
    day = formatting.day(local_day(month.closing.at, reading_zone()), with_year=True)
    return _("closed by %(name)s, %(day)s") % {"name": month.closing.made_by, "day": day}


def _closed_by(month: Month) -> str:
    return month.closing.made_by if month.closing else ""


def _closed_at(month: Month) -> str | None:
    return local_time(month.closing.at) if month.closing else None


def _adjusted(currency: str) -> Column[Month]:
    label = _("Adjusted, %(currency)s") % {"currency": formatting.currency_name(currency)}

    def cost(month: Month) -> Decimal:
        return month.adjusted.cost_in(currency)

    page: OnPage[Month] = replace(ON_WIDE_PAGES, is_signed=True)
    return Column(f"adjusted.{currency}", Kind.AMOUNT, cost, label, page)


def _invoiced(found: Months, currency: str) -> Columns[Month]:
    """What the invoices of a month ask, and by how much it differs from what is known."""
    label = _("Invoices, %(currency)s") % {"currency": formatting.currency_name(currency)}

    def of(month: Month) -> Invoiced | None:
        return found.invoiced.get(month.month, {}).get(currency)

    def billed(month: Month) -> Decimal | None:
        return one.billed if (one := of(month)) else None

    def difference(month: Month) -> Decimal | None:
        return one.difference if (one := of(month)) else None

    def both(month: Month) -> str:
        if not (one := of(month)):
            return formatting.DASH
        return f"{formatting.amount(one.billed)} ({formatting.signed_amount(one.difference)})"

    page: OnPage[Month] = replace(ON_WIDE_PAGES, text=both)
    return [
        Column(f"invoiced.{currency}", Kind.AMOUNT, billed, label, page),
        Column(f"difference.{currency}", Kind.AMOUNT, difference),
    ]


# ── one month ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Told:
    """The story of a month, and its invoices for whoever may see them."""

    story: Story
    invoices: Sequence[Explained] = ()


def figures(found: Told) -> Table[Figures]:
    """As closed, adjusted since, and as known now."""
    month = found.story.month
    now = Figures(_("As known now"), month.known)
    rows = [now]
    if month.closing:
        rows = [
            Figures(_("As closed"), month.signed),
            Figures(_("Adjusted since"), month.adjusted),
            now,
        ]
    name: OnPage[Figures] = OnPage(is_heading=True, unseen=True)
    return one_page(
        "figures",
        [
            Column("figures", Kind.TEXT, attrgetter("name"), _("Figures"), name),
            *counts(UNKNOWN),
            *costs(attrgetter("sums"), currencies_of(row.sums for row in rows)),
        ],
        rows,
    )


def entries(found: Told) -> Table[ClosingEntry]:
    """The chain as far as it is about the month, the newest entry first."""
    columns: Columns[ClosingEntry] = [
        Column(
            "what",
            Kind.TEXT,
            _what,
            gettext_lazy("What happened"),
            OnPage(is_heading=True, note=lambda entry: written(entry.at)),
        ),
        moment("made_at", attrgetter("at"), gettext_lazy("Time"), written),
        Column(
            "by", Kind.TEXT, attrgetter("made_by"), gettext_lazy("By"), OnPage(phone=Phone.LAST)
        ),
        Column(
            "reason",
            Kind.TEXT,
            attrgetter("reason"),
            gettext_lazy("Reason"),
            OnPage(phone=Phone.HIDDEN, classes="words"),
        ),
        number("lines", gettext_lazy("Lines"), attrgetter("line_count")),
        Column("costs", Kind.TEXT, _costs_of, gettext_lazy("Cost"), ON_WIDE_PAGES),
        number("entry", gettext_lazy("Entry"), attrgetter("place")),
        Column(
            "hash",
            Kind.TEXT,
            attrgetter("hash"),
            gettext_lazy("Hash"),
            OnPage(phone=Phone.HIDDEN, text=_hash),
        ),
    ]
    return one_page("entries", columns, found.story.entries)


def _what(entry: ClosingEntry) -> str:
    return {
        EntryKind.CLOSING: _("closed"),
        EntryKind.ADJUSTMENT: _("adjusted by a verification"),
        EntryKind.REQUEST: _("asked to reopen"),
        EntryKind.REOPENING: _("reopened"),
    }[EntryKind(entry.kind)]


def _costs_of(entry: ClosingEntry) -> str:
    sums = [sums_of_row(total) for total in entry.totals.all()]
    amounts = [pair for one in sums for pair in sorted(one.costs.items())]
    return formatting.listed(formatting.money(currency, cost) for currency, cost in amounts)


def _hash(entry: ClosingEntry) -> Text:
    return Text(f"{entry.hash[:HASH_SHOWN]}…", unfolded=entry.hash)


def signed_lines(found: Told) -> Table[LineFigures]:
    """What was closed, for files."""
    return lines_table("lines", found.story.signed_lines())


def adjusted_lines(found: Told) -> Table[LineFigures]:
    """What was adjusted since, the newest first."""
    return lines_table("adjustments", found.story.adjusted_lines(), found_at())
