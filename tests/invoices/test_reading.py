"""Files of invoices: what each format says, and what is refused with its row and field."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from stats.invoices.formats import FORMATS
from stats.invoices.reading import LARGEST_FILE, Billed, InvoiceError, read

pytestmark = pytest.mark.once

OCTOBER = date(2026, 10, 1)


def parsed(name: str, content: object, currency: str = "") -> Billed:
    if not isinstance(content, str | bytes):
        content = json.dumps(content)
    content = content if isinstance(content, bytes) else content.encode()
    return read(content, FORMATS[name], OCTOBER, currency)


def refusal(name: str, content: object, currency: str = "") -> str:
    with pytest.raises(InvoiceError) as error:
        parsed(name, content, currency)
    return str(error.value)


# ── OpenAI ──────────────────────────────────────────────────────────────────────────────────────


def openai_bucket(day: int, *amounts: object, currency: str = "usd") -> dict[str, Any]:
    start = int(datetime(2026, 10, day, tzinfo=UTC).timestamp())
    return {
        "object": "bucket",
        "start_time": start,
        "end_time": start + 86_400,
        "results": [
            {
                "object": "organization.costs.result",
                "amount": {"value": value, "currency": currency},
                "line_item": None,
                "project_id": None,
            }
            for value in amounts
        ],
    }


def page(*buckets: object, has_more: bool = False) -> dict[str, Any]:
    return {"object": "page", "data": list(buckets), "has_more": has_more, "next_page": None}


class TestOpenAI:
    def test_pages(self) -> None:
        pages = [
            page(openai_bucket(1, 0.06, 1.5), openai_bucket(2), has_more=True),
            page(openai_bucket(3, "12.345678901")),
        ]
        for content in (pages, "\n".join(map(json.dumps, pages))):
            billed = parsed("openai", content)
            assert (billed.currency, billed.amount) == ("USD", Decimal("13.90567890"))
            assert billed.days == {
                date(2026, 10, 1): Decimal("1.56"),
                date(2026, 10, 3): Decimal("12.34567890"),
            }
            assert billed.beside == 0

    def test_numbers_are_read_as_they_are_written(self) -> None:
        text = json.dumps(page(openai_bucket(1, 1))).replace('"value": 1', '"value": 0.1e-5')
        assert parsed("openai", text).amount == Decimal("0.000001")
        many = page(*(openai_bucket(day, 0.1) for day in range(1, 32)))
        assert parsed("openai", many).amount == Decimal("3.1")

    def test_a_zero_of_128_bits(self) -> None:
        """As the costs API writes it; what is smaller than any money is none."""
        billed = parsed("openai", page(openai_bucket(1, "0E-6176", "0.25", "1E-6176")))
        assert billed.days == {date(2026, 10, 1): Decimal("0.25")}

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            ("{", "The file is not JSON: "),
            ("{}\n{", "Line 2 is not JSON: "),
            ([], "The file has no amounts."),
            (page(), "The file has no amounts."),
            ([1], "page 1, {}: an object is needed."),
            ({"data": 3}, "page 1, data: a list is needed."),
            (page(openai_bucket(1, 1), has_more=True), "page 1, has_more: the pages after it"),
            (
                [page(openai_bucket(1, 1)), page(openai_bucket(1, 2))],
                "page 2, data[0], bucket: 2026-10-01 stands at page 1, data[0] already.",
            ),
            (
                page(openai_bucket(1, 1), {**openai_bucket(2, 1), "start_time": "1"}),
                "page 1, data[1], start_time: seconds since 1970 are needed.",
            ),
            (
                page({**openai_bucket(2, 1), "end_time": 10**30}),
                "page 1, data[0], end_time: seconds since 1970 are needed.",
            ),
            (
                page({**openai_bucket(2, 1), "end_time": openai_bucket(4)["start_time"]}),
                "page 1, data[0], bucket: a whole day of UTC is needed.",
            ),
            (
                page(openai_bucket(1, 1, True)),
                "page 1, data[0], results[1], amount, value: a number is needed, like 1234.56.",
            ),
            (page(openai_bucket(1, "1,5")), "value: a number is needed"),
            (page(openai_bucket(1, None)), "value: a number is needed"),
            (page(openai_bucket(1, "1" * 61)), "value: a number is needed"),
            (page(openai_bucket(1, "1e11")), "value: no amount may reach"),
            (page(openai_bucket(1, 1, currency="")), "amount, currency: a text is needed."),
            (
                page(openai_bucket(1, 1), openai_bucket(2, 1, currency="eur")),
                "data[1], results[0], amount, currency: this is EUR, and USD before.",
            ),
        ],
    )
    def test_what_is_refused(self, content: object, sentence: str) -> None:
        assert sentence in refusal("openai", content)

    def test_another_month(self) -> None:
        start = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
        bucket = {**openai_bucket(1, 1), "start_time": start, "end_time": start + 86_400}
        assert "data[0], results[0], amount, day: 2026-11-01 is not in 2026-10." in refusal(
            "openai", page(bucket)
        )

    def test_another_currency_than_was_said(self) -> None:
        assert "this is USD, and EUR before" in refusal("openai", page(openai_bucket(1, 1)), "eur")


# ── Anthropic ───────────────────────────────────────────────────────────────────────────────────


def anthropic_bucket(day: int, *cents: object, currency: str = "USD") -> dict[str, Any]:
    return {
        "starting_at": f"2026-10-{day:02}T00:00:00Z",
        "ending_at": f"2026-10-{day + 1:02}T00:00:00Z",
        "results": [
            {"currency": currency, "amount": amount, "cost_type": "tokens", "workspace_id": None}
            for amount in cents
        ],
    }


class TestAnthropic:
    def test_amounts_are_cents(self) -> None:
        billed = parsed(
            "anthropic", page(anthropic_bucket(1, "12378.912", "1"), anthropic_bucket(2))
        )
        assert billed.days == {date(2026, 10, 1): Decimal("123.79912")}
        assert billed.currency == "USD"

    @pytest.mark.parametrize(
        ("bucket", "sentence"),
        [
            (anthropic_bucket(1, 12.5), "page 1, data[0], results[0], amount: a text is needed."),
            (anthropic_bucket(1, "x"), "results[0], amount: a number is needed"),
            (anthropic_bucket(1, "1", currency="EUR"), "currency: only USD is known here."),
            ({**anthropic_bucket(1, "1"), "starting_at": "1 Oct"}, "data[0], starting_at: a day"),
            ({**anthropic_bucket(1, "1"), "ending_at": None}, "data[0], ending_at: a text"),
            (
                {**anthropic_bucket(1, "1"), "ending_at": "2026-10-01T01:00:00Z"},
                "data[0], bucket: a whole day of UTC is needed.",
            ),
        ],
    )
    def test_what_is_refused(self, bucket: object, sentence: str) -> None:
        assert sentence in refusal("anthropic", page(bucket))


# ── FOCUS ───────────────────────────────────────────────────────────────────────────────────────

FOCUS = "BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ChargeClass\n"


class TestFocus:
    def test_rows_of_a_day_and_of_none(self) -> None:
        billed = parsed(
            "focus",
            "\ufeff"
            + FOCUS
            + "1.25,USD,2026-10-01T13:00:00Z,2026-10-01T14:00:00Z,Usage,\n"
            + "35.2E-7,USD,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,Usage,\n"
            + "2,USD,2026-10-03 00:00:00,2026-10-04 00:00:00,Usage,\n"
            + "1,USD,2026-10-05T07:00:00+08:00,,Usage,\n"
            + "5,USD,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,Purchase,\n"
            + "0.5,USD,2026-10-02T00:00:00Z,2026-10-03T00:00:00Z,Tax,\n"
            + "-0.25,USD,2026-10-02T00:00:00Z,2026-10-03T00:00:00Z,Usage,Correction\n",
        )
        assert billed.days == {
            date(2026, 10, 1): Decimal("1.25000352"),
            date(2026, 10, 3): Decimal(2),
            date(2026, 10, 4): Decimal(1),
        }
        assert billed.beside == Decimal("5.25")

    def test_the_billing_period_says_on_which_invoice_a_row_is(self) -> None:
        """What is billed later than its own month is of no day of this one."""
        heading = "BillingPeriodStart,ChargePeriodStart,BilledCost,BillingCurrency,ChargeClass\n"
        october = "2026-10-01T00:00:00Z"
        billed = parsed(
            "focus",
            heading
            + f"{october},2026-10-07T00:00:00Z,4,USD,\n"
            + f"{october},2026-09-30T23:00:00Z,0.5,USD,\n"
            + f"{october},2026-08-15T00:00:00Z,-3,USD,Correction\n",
        )
        assert billed.days == {date(2026, 10, 7): Decimal(4)}
        assert billed.beside == Decimal("-2.5")
        other = heading + "2026-09-01T00:00:00Z,2026-10-07T00:00:00Z,4,USD,\n"
        assert "row 2, day: 2026-09-01 is not in 2026-10." in refusal("focus", other)

    def test_a_correction_is_of_an_earlier_month(self) -> None:
        rows = "4,USD,2026-10-07,,Usage,\n-3,USD,2026-08-15,,Usage,Correction\n"
        billed = parsed("focus", FOCUS + rows)
        assert (billed.amount, billed.beside) == (Decimal(1), Decimal(-3))

    def test_times_as_bigquery_writes_them(self) -> None:
        row = "7,USD,2026-10-09 00:00:00 UTC,2026-10-10 00:00:00 UTC,Usage,\n"
        assert parsed("focus", FOCUS + row).days == {date(2026, 10, 9): Decimal(7)}

    def test_what_is_needed_suffices(self) -> None:
        billed = parsed(
            "focus", "ChargePeriodStart,x,BilledCost,BillingCurrency\n2026-10-09,,7,twd\n"
        )
        assert (billed.currency, billed.days) == ("TWD", {date(2026, 10, 9): Decimal(7)})

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "The first row needs one column BilledCost."),
            (
                "BilledCost,BilledCost,BillingCurrency,ChargePeriodStart\n",
                "The first row needs one column BilledCost.",
            ),
            (FOCUS, "The file has no amounts."),
            (FOCUS + "1,USD\n", "row 2 has 2 values, and the first row 6."),
            (FOCUS + "\n1,,2026-10-01,,,\n", "row 3, BillingCurrency: a text is needed."),
            (FOCUS + "x,USD,2026-10-01,,,\n", "row 2, BilledCost: a number is needed"),
            (FOCUS + "1,USD,2026-10-32,,,\n", "row 2, ChargePeriodStart: a day or time"),
            (FOCUS + "1,USD,2026-10-01,x,Usage,\n", "row 2, ChargePeriodEnd: a day or time"),
            (FOCUS + "1,USD,2026-09-30,,,\n", "row 2, day: 2026-09-30 is not in 2026-10."),
            (
                FOCUS + "1,USD,2026-10-01,,,\n1,EUR,2026-10-01,,,\n",
                "row 3, currency: this is EUR, and USD before.",
            ),
            (FOCUS + '1,USD,"2026-10-01,,,\n', "is no CSV"),
        ],
    )
    def test_what_is_refused(self, text: str, sentence: str) -> None:
        assert sentence in refusal("focus", text)


# ── plain ───────────────────────────────────────────────────────────────────────────────────────


class TestPlain:
    def test_days(self) -> None:
        billed = parsed("plain", "date,amount\n2026-10-01,1.10\n2026-10-03,-.5\n", "usd")
        assert (billed.currency, billed.amount) == ("USD", Decimal("0.6"))
        assert list(billed.days) == [date(2026, 10, 1), date(2026, 10, 3)]

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("day,amount\n", "The first row needs one column date."),
            (
                "date,amount\n2026-10-01,1\n2026-10-01,2\n",
                "row 3, date: 2026-10-01 stands",
            ),
            ("date,amount\n01/10/2026,1\n", "row 2, date: a day is needed, like 2026-10-01."),
            ("date,amount\n2026-W40-4,1\n", "row 2, date: a day is needed"),
            ("date,amount\n2026-10-01,NaN\n", "row 2, amount: a number is needed"),
            ("date,amount\n2026-10-01,１\n", "row 2, amount: a number is needed"),
            ("date,amount\n2026-10-01,1_0\n", "row 2, amount: a number is needed"),
            ("date,amount\n2026-10-01,\n", "row 2, amount: a number is needed"),
            ("date,amount\n2026-10-01,10000000000\n", "row 2, amount: no amount may reach"),
        ],
    )
    def test_what_is_refused(self, text: str, sentence: str) -> None:
        assert sentence in refusal("plain", text, "USD")

    def test_too_much_in_all(self) -> None:
        two_days = "date,amount\n2026-10-01,6e9\n2026-10-02,6e9\n"
        assert refusal("plain", two_days, "USD") == "No amount may reach ten thousand million."
        assert parsed("plain", f"{two_days}2026-10-03,-6e9\n", "USD").amount == 6 * 10**9

    def test_without_a_currency(self) -> None:
        assert refusal("plain", "date,amount\n2026-10-01,1\n") == (
            "A currency is needed: the file names none."
        )

    def test_what_is_no_text(self) -> None:
        assert refusal("plain", b"date,amount\n\xff") == "The file is not UTF-8."
        assert refusal("plain", b" " * (LARGEST_FILE + 1)) == "The file is larger than 4 MiB."
