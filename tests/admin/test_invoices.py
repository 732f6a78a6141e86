"""Invoices in the admin: what one reads, adds and removes."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from stats.invoices.reading import LARGEST_FILE
from stats.models import InvoiceDay, ProviderInvoice
from tests.admin.conftest import HOSTILE, NOW, at
from tests.admin.test_closings import NBSP, lead, lines
from tests.invoices.entered import invoice
from tests.ledger import row, write
from tests.reading import html

PAGE = "/admin/reports/invoices/"
PLAIN = "date,amount\n2026-10-02,4\n2026-10-03,3.5\n"
GIVEN = {"provider": "OpenAI", "month": "2026-10", "currency": "USD"}


def post(client: Client, text: str = "", **given: str) -> Any:
    file = {"file": SimpleUploadedFile("october.csv", text.encode())} if text else {}
    return client.post(PAGE, {**GIVEN, **given, **file})


def errors(answer: Any) -> list[str]:
    page = html.parse(answer.content.decode())
    assert answer.status_code == 400
    return [
        html.text_of(node).strip()
        for name in ("errorlist", "failure")
        for node in html.having(page, name)
    ]


class TestRead:
    def test_all_invoices(self, administrator: Client, ledger: None) -> None:
        assert lead(administrator.get(PAGE)) == "There are no invoices yet."
        invoice(NOW)
        answer = administrator.get(PAGE)
        assert lead(answer) == "1 invoice."
        (line,) = lines(answer, "invoices")
        assert line[:3] == ["OpenAI", "October 2026", "UTC"]
        assert line[-4:] == ["USD", "120.00", "109.00", "+11.00"]

    def test_one_invoice(self, administrator: Client, ledger: None) -> None:
        """Of 4 + 3 + 102: half a dollar more on the 2nd, none on the 3rd, two less on the 24th."""
        answer = administrator.get(f"{PAGE}{invoice(NOW).pk}/")
        assert (
            lead(answer) == f"The invoice is USD{NBSP}11.00 above the ledger, all of it explained."
        )
        parts = [(line[0], line[-1]) for line in lines(answer, "parts")]
        assert parts == [
            ("On no single day", "+15.50"),
            ("Days that the invoice lacks", "−3.00"),
            ("Single days that differ", "−1.50"),
        ]
        days = {line[0]: line[1:] for line in lines(answer, "days")}
        assert len(days) == 31
        assert days["Sat 24 Oct"] == [
            "Single days that differ",
            "2",
            "0",
            "100.00",
            "102.00",
            "−2.00",
        ]
        assert days["Sun 4 Oct"] == ["", "0", "0", "—", "0", "0"]
        assert "paid by card" in answer.content.decode()

    def test_files(self, administrator: Client, ledger: None) -> None:
        path = f"{PAGE}{invoice(NOW).pk}/"
        text = administrator.get(f"{path}export.csv?table=parts").getvalue().decode("utf-8-sig")
        parts = [(one["cause"], one["amount"]) for one in csv.DictReader(StringIO(text))]
        assert parts == [
            ("beside", "15.50000000"), ("not_in_invoice", "-3.00000000"), ("day", "-1.50000000"),
        ]  # fmt: skip
        assert administrator.get(f"{path}export.xlsx").getvalue().startswith(b"PK")

    def test_the_attached_file_comes_back_and_is_never_shown(
        self, administrator: Client, ledger: None
    ) -> None:
        post(administrator, HOSTILE, amount="1")
        path = f"{PAGE}{ProviderInvoice.objects.get().pk}/file/"
        answer = administrator.get(path)
        assert answer.content.decode() == HOSTILE
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"] == 'attachment; filename="october.csv"'
        ProviderInvoice.objects.update(file=None)
        assert administrator.get(path).status_code == 404

    def test_what_somebody_wrote_is_text(self, administrator: Client) -> None:
        post(administrator, provider=HOSTILE, note=HOSTILE, amount="1")
        path = f"{PAGE}{ProviderInvoice.objects.get().pk}/"
        for one in (PAGE, path):
            assert HOSTILE not in administrator.get(one).content.decode()

    def test_in_chinese(self, administrator: Client, ledger: None) -> None:
        administrator.post("/i18n/setlang/", {"language": "zh-hant"})
        answer = administrator.get(f"{PAGE}{invoice(NOW).pk}/")
        assert lead(answer) == f"帳單比帳本高 USD{NBSP}11.00，差額全部有說明。"
        assert [line[0] for line in lines(answer, "parts")] == [
            "不屬於任何一天", "帳單缺少的日期", "個別日期不同",
        ]  # fmt: skip


class TestAdd:
    def test_from_a_file(self, administrator: Client, ledger: None) -> None:
        answer = post(administrator, PLAIN, format="plain", note="paid by card")
        kept = ProviderInvoice.objects.get()
        assert answer.headers["Location"] == f"{PAGE}{kept.pk}/"
        assert (str(kept.amount), kept.is_utc, kept.added_by) == (
            "7.50000000", True, "administrator",
        )  # fmt: skip
        assert [str(day.amount) for day in kept.days.order_by("day")] == [
            "4.00000000", "3.50000000",
        ]  # fmt: skip

    def test_a_file_is_not_read_twice(self, administrator: Client) -> None:
        """Or the month would be billed twice: by a reload, or by two people."""
        post(administrator, PLAIN, format="plain")
        assert errors(post(administrator, PLAIN, format="plain")) == [
            "This file is kept already, as an invoice of OpenAI for 2026-10."
        ]
        assert ProviderInvoice.objects.count() == 1

    def test_what_is_like_another_one_is_kept(self, administrator: Client) -> None:
        """By hand there may be two payments of one amount."""
        others = ({"format": "plain"}, {"format": "plain", "provider": "Azure"})
        for given in (*others, {"format": "plain", "amount": "9"}, *[{"amount": "7.5"}] * 2):
            post(administrator, PLAIN, **given)
        assert ProviderInvoice.objects.count() == 5

    def test_by_hand(self, administrator: Client) -> None:
        post(administrator, amount="12.3456", currency="usd", zone="local")
        kept = ProviderInvoice.objects.get()
        assert (str(kept.amount), kept.currency, kept.is_utc) == ("12.34560000", "USD", False)
        assert not kept.days.exists()

    def test_a_currency_that_calls_have(self, administrator: Client, people: None) -> None:
        """It may be none of ISO 4217."""
        write(row(prompt_price_unit="credits", cost="3.5", created_at=at(3, month=10)))
        post(administrator, amount="3.5", currency="credits")
        assert ProviderInvoice.objects.get().currency == "credits"

    @pytest.mark.parametrize(
        ("text", "given", "sentence"),
        [
            (PLAIN + "2026-10-04,x\n", {"format": "plain"}, "row 4, amount: a number is needed"),
            (PLAIN, {"format": "plain", "currency": ""}, "A currency is needed"),
            (PLAIN, {"format": "plain", "currency": "USDX"}, "This is no currency of ISO 4217"),
            (PLAIN, {"format": "x"}, "Select a valid choice"),
            ("", {"format": "plain"}, "A file is needed."),
            ("", {}, "An amount is needed."),
            ("", {"amount": "1", "currency": ""}, "A currency is needed."),
            ("", {"amount": "1", "currency": "US$"}, "This is no currency of ISO 4217"),
            ("", {"amount": "1,000"}, "the form, amount: a number is needed"),
            ("", {"amount": "1", "month": "2026-13"}, "A month is needed, like 2026-10."),
            ("", {"amount": "1", "provider": " "}, "This field is required."),
            ("", {"amount": "1", "zone": "Mars"}, "Select a valid choice"),
            ("x" * (LARGEST_FILE + 1), {"amount": "1"}, "The file is larger than 4 MiB."),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_kept(
        self, administrator: Client, text: str, given: dict[str, str], sentence: str
    ) -> None:
        answer = post(administrator, text, **given)
        assert any(sentence in error for error in errors(answer))
        assert 'value="OpenAI"' in answer.content.decode() or "provider" in given
        assert not ProviderInvoice.objects.exists()
        assert not InvoiceDay.objects.exists()

    def test_it_is_removed_with_its_days(self, administrator: Client) -> None:
        path = f"{PAGE}{invoice(NOW).pk}/"
        assert administrator.post(path, {"action": "x"}).status_code == 405
        assert administrator.post(path, {"action": "remove"}).headers["Location"] == PAGE
        assert not ProviderInvoice.objects.exists()
        assert not InvoiceDay.objects.exists()

    @pytest.mark.parametrize("person", ["analyst", "other_staff", "nobody"])
    def test_nobody_else_may(self, request: pytest.FixtureRequest, person: str, db: None) -> None:
        client, kept = request.getfixturevalue(person), invoice(NOW)
        refused = 302 if person == "nobody" else 403
        assert post(client, amount="1").status_code == refused
        assert client.post(f"{PAGE}{kept.pk}/", {"action": "remove"}).status_code == refused
        assert ProviderInvoice.objects.count() == 1


class TestCommand:
    """read_invoice"""

    def test_it_keeps_and_explains(self, ledger: None, tmp_path: Any, capsys: Any) -> None:
        file = tmp_path / "october.csv"
        file.write_text(PLAIN)
        call_command(
            "read_invoice", file, format="plain", month="2026-10", provider="OpenAI",
            currency="USD", local=True,
        )  # fmt: skip
        assert capsys.readouterr().out == (
            "OpenAI 2026-10: USD 7.5000 billed, 109.0000 known, difference -101.5000.\n"
            "  not in invoice: -102.0000\n"
            "  day: +0.5000\n"
            "  unexplained: +0.0000\n"
        )
        kept = ProviderInvoice.objects.get()
        assert (kept.days.count(), kept.added_by) == (2, "manage.py")

    @pytest.mark.parametrize(
        ("text", "month", "sentence"),
        [
            ("date,amount\n2026-10-01,x\n", "2026-10", "row 2, amount: a number is needed"),
            (PLAIN, "October", "A month is needed, like 2026-10."),
            (None, "2026-10", "cannot be read: No such file or directory."),
        ],
    )
    def test_what_is_refused(
        self, db: None, tmp_path: Any, text: str | None, month: str, sentence: str
    ) -> None:
        file = tmp_path / "october.csv"
        if text:
            file.write_text(text)
        given = {"format": "plain", "month": month, "provider": "OpenAI", "currency": "USD"}
        with pytest.raises(CommandError, match=sentence.replace("(", r"\(")):
            call_command("read_invoice", file, **given)
        assert not ProviderInvoice.objects.exists()
