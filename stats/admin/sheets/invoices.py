"""Invoices: the table of all, and of one its parts and its days."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from stats.admin.components import invoices as words
from stats.admin.sheets.columns import ON_WIDE_PAGES, Columns, moment, one_page, written
from stats.core import formatting
from stats.invoices.explaining import Cause, Explanation, Line, Part
from stats.invoices.ledger import Listed
from stats.models import ProviderInvoice
from stats.tables.html import MAIN
from stats.tables.table import Column, Kind, OnPage, Phone, Table

SIGNED: OnPage[Any] = OnPage(phone=Phone.LAST, classes=MAIN, is_signed=True)


@dataclass(frozen=True, slots=True)
class Explained:
    """An invoice, and why it differs from the ledger."""

    invoice: ProviderInvoice
    explanation: Explanation


def invoices(found: Sequence[Listed]) -> Table[Listed]:
    """Each with what the ledger knows of its month."""
    heading: OnPage[Listed] = OnPage(is_heading=True, link=_page, note=_month_and_currency)
    columns: Columns[Listed] = [
        Column("provider", Kind.TEXT, attrgetter("invoice.provider"), _("Provider"), heading),
        Column(
            "month",
            Kind.TEXT,
            lambda one: f"{one.invoice.month:%Y-%m}",
            _("Month"),
            OnPage(phone=Phone.HIDDEN, text=_month),
        ),
        Column(
            "zone", Kind.TEXT, lambda one: words.zone_of(one.invoice), _("Days of"), ON_WIDE_PAGES
        ),
        Column("note", Kind.TEXT, attrgetter("invoice.note"), _("Note"), _words()),
        Column("added_by", Kind.TEXT, attrgetter("invoice.added_by"), _("By"), ON_WIDE_PAGES),
        moment("added_at", attrgetter("invoice.added_at"), _("Added"), written),
        Column("currency", Kind.TEXT, attrgetter("invoice.currency"), _("Currency"), ON_WIDE_PAGES),
        _amount("billed", attrgetter("invoice.amount"), _("Invoice")),
        _amount("known", attrgetter("known"), _("Ledger")),
        Column("difference", Kind.AMOUNT, attrgetter("difference"), _("Difference"), SIGNED),
    ]
    return one_page("invoices", columns, found)


def explained(found: Sequence[Explained]) -> Table[Explained]:
    """Those of a month, each with the parts of its difference."""

    def text(one: Explained) -> str:
        named = (
            f"{words.NAMES[part.cause]} {formatting.signed_amount(part.amount)}"
            for part in one.explanation.parts
            if part.amount and part.cause != Cause.UNEXPLAINED
        )
        return formatting.listed(named)

    heading: OnPage[Explained] = OnPage(
        is_heading=True, link=_page, note=attrgetter("invoice.currency")
    )
    columns: Columns[Explained] = [
        Column("provider", Kind.TEXT, attrgetter("invoice.provider"), _("Provider"), heading),
        Column("parts", Kind.TEXT, text, _("What the difference is made of"), _words()),
        Column("currency", Kind.TEXT, attrgetter("invoice.currency"), _("Currency"), ON_WIDE_PAGES),
        _amount("billed", attrgetter("explanation.billed"), _("Invoice")),
        _amount("known", attrgetter("explanation.known"), _("Ledger")),
        Column(
            "difference", Kind.AMOUNT, attrgetter("explanation.difference"), _("Difference"), SIGNED
        ),
        Column(
            "unexplained",
            Kind.AMOUNT,
            attrgetter("explanation.unexplained"),
            _("Unexplained"),
            replace(ON_WIDE_PAGES, is_signed=True),
        ),
    ]
    return one_page("invoices", columns, found)


def parts(found: Explained) -> Table[Part]:
    """What the difference is made of; they add up to it."""

    def text(part: Part) -> str:
        return words.words_of(part, found.invoice)

    heading: OnPage[Part] = OnPage(is_heading=True, text=lambda part: str(words.NAMES[part.cause]))
    shown = [part for part in found.explanation.parts if part.amount]
    columns: Columns[Part] = [
        Column("cause", Kind.TEXT, attrgetter("cause.value"), _("Part"), heading),
        Column("explanation", Kind.TEXT, text, _("What it is"), OnPage(classes="words")),
        Column("days", Kind.NUMBER, lambda part: len(part.days) or None, _("Days"), ON_WIDE_PAGES),
        Column("calls", Kind.NUMBER, lambda part: part.calls or None),
        Column("bound", Kind.AMOUNT, attrgetter("bound")),
        Column("rate", Kind.AMOUNT, attrgetter("rate")),
        Column("currency", Kind.TEXT, lambda part: found.invoice.currency),
        Column("amount", Kind.AMOUNT, attrgetter("amount"), _("Amount"), SIGNED),
    ]
    return one_page("parts", columns, shown)


def days(found: Explained) -> Table[Line]:
    """Each day, what is billed and known, and the parts that it has."""

    def causes(line: Line) -> str:
        # Nearly all days are rounded.
        told = [cause for cause in line.causes if cause != Cause.ROUNDING]
        return formatting.listed(str(words.NAMES[cause]) for cause in told)

    columns: Columns[Line] = [
        Column(
            "date",
            Kind.DAY,
            attrgetter("day"),
            _("Day"),
            OnPage(is_heading=True, text=lambda line: formatting.weekday(line.day), note=causes),
        ),
        Column("causes", Kind.TEXT, causes, _("Part"), _words()),
        Column("calls", Kind.NUMBER, attrgetter("known.calls"), _("Calls"), ON_WIDE_PAGES),
        Column(
            "unknown_cost_calls",
            Kind.NUMBER,
            attrgetter("known.unknown_calls"),
            _("Cost not known"),
            ON_WIDE_PAGES,
        ),
        Column("currency", Kind.TEXT, lambda line: found.invoice.currency),
        _amount("billed", attrgetter("billed"), _("Invoice")),
        _amount("known", attrgetter("known.cost"), _("Ledger")),
        Column("difference", Kind.AMOUNT, attrgetter("difference"), _("Difference"), SIGNED),
    ]
    return one_page("days", columns, found.explanation.lines)


def _amount(name: str, read: Any, label: Any) -> Column[Any]:
    return Column(name, Kind.AMOUNT, read, label, ON_WIDE_PAGES)


def _words() -> OnPage[Any]:
    return replace(ON_WIDE_PAGES, classes="words")


def _page(one: Listed | Explained) -> str:
    return reverse("admin:reports_invoice", args=[one.invoice.pk])


def _month(one: Listed) -> str:
    return formatting.month(one.invoice.month, with_year=True)


def _month_and_currency(one: Listed) -> str:
    return formatting.listed((_month(one), one.invoice.currency))
