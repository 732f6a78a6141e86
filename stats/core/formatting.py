"""Numbers, money, times and days as text, in the active language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import date_format, get_format, number_format
from django.utils.translation import gettext, pgettext, pgettext_lazy

from stats.core.money import NO_CURRENCY
from stats.core.periods import Comparison, last_of_month, local_day
from stats.core.zones import reading_zone

DASH = "—"
MINUS = "−"
# Between a number and its unit: no line breaks there.
THIN_BLANK = "\u202f"
# Blanks as wide as a point and as a tabular digit.
POINT_BLANK, DIGIT_BLANK = "\u2008", "\u2007"

# The smallest amount that shows two digits at two decimals.
TWO_DIGITS = Decimal("0.1")

# Units of large numbers, largest first.
_UNITS = {
    "million": ((Decimal(10**9), "B"), (Decimal(10**6), "M")),
    "myriad": ((Decimal(10**8), "億"), (Decimal(10**4), "萬")),
}
# Smaller token counts are written in full.
_WRITTEN_OUT_BELOW = {"million": 100_000, "myriad": 10_000}
# The translation of this word chooses the units: million or myriad.
_NUMBER_SYSTEM = pgettext_lazy("number system: million or myriad", "million")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit, separate so that a page can style them."""

    number: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.number}{THIN_BLANK}{self.unit}" if self.unit else self.number


def one_line(text: object) -> str:
    """As one line of a plain text: names may hold line breaks."""
    return " ".join(str(text).splitlines())


def number(value: int) -> str:
    """A whole number with thousands separators."""
    return _signed(number_format(value, use_l10n=True, force_grouping=True))


def decimal(value: Decimal | float, places: int) -> str:
    """`value` rounded half up to `places`, with thousands separators."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return _signed(number_format(rounded, places, use_l10n=True, force_grouping=True))


def _signed(text: str) -> str:
    return text.replace("-", MINUS)


def amount(value: Decimal, places: int | None = None) -> str:
    """Money without its currency, with `places` decimals.

    Without `places`: two decimals from 1 up, four below, so that a cost never reads 0.00.
    """
    if not value:
        return "0"
    return decimal(value, (2 if abs(value) >= 1 else 4) if places is None else places)


def places_of(column: Iterable[Decimal | None]) -> int:
    """The decimals of a whole column of money: two, or four if the smallest amount would otherwise
    show a single digit."""
    return 4 if any(value and abs(value) < TWO_DIGITS for value in column) else 2


def hidden_decimals(value: Decimal | None, places: int | None = None) -> str:
    """The exact amount if `amount` rounds it, else an empty text."""
    if value is None:
        return ""
    shown, exact = amount(value, places), decimal(value, 4)
    return "" if exact.startswith(shown) and not exact[len(shown) :].strip("0") else exact


def signed_amount(value: Decimal, places: int | None = None) -> str:
    """A difference of money: +33.72, −13.75."""
    return signed(amount(value, places), value)


def signed(text: str, value: Decimal | int) -> str:
    """`text` with a plus if `value` is above 0. A minus is already in `text`."""
    return f"+{text}" if value > 0 else text


def listed(words: Iterable[str]) -> str:
    """Names, amounts and the like, one after the other, as the language lists them."""
    return pgettext("between names", ", ").join(words)


def in_line(text: str, places: int) -> str:
    """A number padded with blanks to the width of `places` decimals."""
    _whole, point, decimals = text.rpartition(get_format("DECIMAL_SEPARATOR"))
    if not point:
        return text + POINT_BLANK + DIGIT_BLANK * places
    return text + DIGIT_BLANK * (places - len(decimals))


def money(currency: str, value: Decimal, places: int | None = None) -> str:
    """Money after its currency, with decimals as of `amount`: USD 2.13."""
    return f"{currency_name(currency)}\u00a0{amount(value, places)}"


def unit_price(currency: str, value: Decimal) -> str:
    """The price of one token with all its decimals: USD 0.000002."""
    digits = value.normalize().as_tuple().exponent
    places = max(0, -digits) if isinstance(digits, int) else 0
    return f"{currency_name(currency)}\u00a0{decimal(value, places)}"


def money_range(currency: str, low: Decimal, high: Decimal) -> str:
    """A range of money: whole amounts from 100 up, one amount if both ends read alike."""
    places = 0 if abs(high) >= 100 else 2 if abs(high) >= 1 else 4
    texts = list(dict.fromkeys(decimal(value, places) for value in (low, high)))
    return f"{currency_name(currency)}\u00a0{'–'.join(texts)}"


def exact_money(currency: str, value: Decimal) -> str:
    """Money with the four decimals of its column."""
    return f"{currency_name(currency)} {decimal(value, 4)}"


def currency_name(currency: str) -> str:
    return gettext("no currency") if currency == NO_CURRENCY else currency


def quantity(value: int) -> Quantity:
    """A short count of tokens: 67.5 M, or 6,746 萬 in Chinese."""
    system = str(_NUMBER_SYSTEM)
    if abs(value) < _WRITTEN_OUT_BELOW[system]:
        return Quantity(number(value))
    units = _UNITS[system]
    size, unit = next((unit for unit in units if abs(value) >= unit[0]), units[-1])
    scaled = value / size
    return Quantity(decimal(scaled, _places(scaled)), unit)


def axis(values: Sequence[Decimal]) -> list[str]:
    """The labels of an axis: from zero in equal steps, all in the unit of the last."""
    units = _UNITS[str(_NUMBER_SYSTEM)]
    size, unit = next((one for one in units if values[-1] >= one[0]), (Decimal(1), ""))
    exponent = ((values[1] - values[0]) / size).normalize().as_tuple().exponent
    places = max(0, -int(exponent))
    return [str(Quantity(decimal(one / size, places), unit)) if one else "0" for one in values]


def _places(scaled: Decimal) -> int:
    if abs(scaled) >= 1000:
        return 0
    return 1 if abs(scaled) >= 1 else 2


def percent(value: float, places: int = 1) -> str:
    """A share or a rate. Only exactly 100 is written 100 %."""
    if value == 100:
        return _percent("100")
    if 0 < 100 - value < 0.5 * 10**-places:
        value = 100 - 10**-places
    return _percent(decimal(value, places))


def rate(value: float) -> Quantity:
    """A rate with its percent sign as the unit."""
    return Quantity(percent(value).rstrip("%" + THIN_BLANK), "%")


def percent_change(value: float) -> str:
    """A signed change: +26 %."""
    text = decimal(value, 0 if abs(value) >= 1 or not value else 1)
    return _percent(f"+{text}" if value > 0 else text)


def _percent(text: str) -> str:
    return (pgettext("percentage", "%(number)s %%") % {"number": text}).replace(" ", THIN_BLANK)


def duration(milliseconds: float) -> Quantity:
    """A response time: 1.3 s, or 80 ms below a tenth of a second."""
    if 0 < milliseconds < 100:
        return Quantity(decimal(milliseconds, 0), pgettext("milliseconds", "ms"))
    return Quantity(decimal(Decimal(milliseconds) / 1000, 1), pgettext("seconds", "s"))


# ── days ────────────────────────────────────────────────────────────────────────────────────────


def day(value: date, *, with_year: bool = False) -> str:
    """A day: 24 Nov, or 24 Nov 2026."""
    pattern = (
        pgettext("date format, day with year", "j M Y")
        if with_year
        else pgettext("date format, day", "j M")
    )
    return date_format(value, pattern)


def weekday(value: date) -> str:
    """A day with its weekday: Tue 24 Nov."""
    return date_format(value, pgettext("date format, day with weekday", "D j M"))


def month(value: date, *, with_year: bool = False) -> str:
    """A month: October, or October 2026."""
    pattern = (
        pgettext("date format, month with year", "F Y")
        if with_year
        else pgettext("date format, month", "F")
    )
    return date_format(value, pattern)


def days(first: date, last: date, *, with_year: bool = False) -> str:
    """A range of days: 1–24 Nov, 28 Oct–3 Nov, 1 Dec 2025–3 Jan 2026."""
    if first == last:
        return day(first, with_year=with_year)
    return _range(first, last, _range_pattern(first, last, with_year))


def months(first: date, last: date) -> str:
    """Whole months of a year: October 2026, July–September 2026, or all of 2026."""
    if first.month == last.month:
        return month(first, with_year=True)
    if (first.month, last.month) == (1, 12):
        return year(first)
    return _range(first, last, pgettext("date formats of a range of months", "F|F Y"))


def span(first: date, last: date) -> str:
    """A day with its weekday, a whole month with its year, or the days."""
    if first == last:
        return weekday(first)
    if first.day == 1 and last == last_of_month(first):
        return month_of_year(first)
    return days(first, last, with_year=True)


def month_of_year(value: date) -> str:
    """Nov 2026"""
    return date_format(value, pgettext("date format, month with year", "M Y"))


def short_month(value: date) -> str:
    """Nov"""
    return date_format(value, pgettext("date format, short month", "M"))


def year(value: date) -> str:
    """2026"""
    return date_format(value, pgettext("date format, year", "Y"))


def compared_days(comparison: Comparison) -> str:
    """The days of a comparison, and how far its last day counts: 1–28 Oct until 14:04."""
    text = days(comparison.first, comparison.last)
    if comparison.until is None:
        return text
    return pgettext("days, the last of them in part", "%(days)s until %(time)s") % {
        "days": text,
        "time": clock(comparison.until, comparison.zone),
    }


def _range(first: date, last: date, patterns: str) -> str:
    start, end = patterns.split("|")
    return pgettext("range of days", "%(first)s–%(last)s") % {
        "first": date_format(first, start),
        "last": date_format(last, end),
    }


def _range_pattern(first: date, last: date, with_year: bool) -> str:
    if first.year != last.year:
        return pgettext("date formats of a range across years", "j M Y|j M Y")
    if first.month != last.month:
        if with_year:
            return pgettext("date formats of a range across months, with year", "j M|j M Y")
        return pgettext("date formats of a range across months", "j M|j M")
    if with_year:
        return pgettext("date formats of a range within a month, with year", "j|j M Y")
    return pgettext("date formats of a range within a month", "j|j M")


# ── moments ─────────────────────────────────────────────────────────────────────────────────────


def clock(moment: datetime, zone: tzinfo, *, with_seconds: bool = False) -> str:
    return date_format(moment.astimezone(zone), "H:i:s" if with_seconds else "H:i")


def moment(value: datetime, now: datetime) -> str:
    """A moment of TIME_ZONE, short: 15:42 if today, else 23 Nov 22:21."""
    zone = reading_zone()
    local, today = local_day(value, zone), local_day(now, zone)
    if local == today:
        return clock(value, zone)
    return f"{day(local, with_year=local.year != today.year)} {clock(value, zone)}"


def exact_moment(value: datetime) -> str:
    """A moment of TIME_ZONE to the second, with its zone and offset: 28 Nov 2026, 17:25:31
    Asia/Taipei (+08:00)."""
    zone = reading_zone()
    local = value.astimezone(zone)
    offset = local.isoformat(timespec="seconds")[19:]
    return pgettext("a moment with its zone", "%(day)s, %(time)s %(zone)s") % {
        "day": day(local.date(), with_year=True),
        "time": clock(value, zone, with_seconds=True),
        "zone": f"{zone}" if str(zone) == "UTC" else f"{zone} ({offset})",
    }


def ago(value: datetime, now: datetime) -> str:
    """5 min ago, 3 h ago; from a day on, the moment itself."""
    age = now - value
    if age < timedelta(minutes=1):
        return gettext("just now")
    if age < timedelta(hours=1):
        minutes = Quantity(str(age // timedelta(minutes=1)), pgettext("minutes", "min"))
        return gettext("%(age)s ago") % {"age": minutes}
    if age < timedelta(days=1):
        hours = Quantity(str(age // timedelta(hours=1)), pgettext("hours", "h"))
        return gettext("%(age)s ago") % {"age": hours}
    return moment(value, now)
