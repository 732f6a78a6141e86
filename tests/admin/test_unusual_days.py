"""The page of unusual days: what one reads of them, and who may say that one was expected."""

import csv
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from stats.models import ExaminedDays, UnusualDay
from tests.admin.conftest import ANN, BOB, HOSTILE, NOW, at, given
from tests.ledger import row, write
from tests.reading import html

PAGE = "/admin/reports/unusual/"
DAY = date(2026, 11, 3)


def keep(**values: Any) -> UnusualDay:
    usual: dict[str, Any] = {
        "day": DAY,
        "kind": "all",
        "measure": "cost",
        "currency": "USD",
        "observed": "43.5",
        "usual": "2.25",
        "made_by": [[str(ANN), "41", "1"], [str(BOB), "2.5", "1.25"]],
        "found_at": NOW,
    }
    return UnusualDay.objects.create(**{**usual, **values})


def text_of(answer: Any) -> str:
    page = html.parse(answer.content.decode())
    return " ".join(" ".join(html.text_of(one) for one in page.iter("article")).split())


def test_a_day_is_told_with_who_made_it(analyst: Client, ledger: None) -> None:
    keep()
    text = text_of(analyst.get(PAGE))
    for words in (
        "Tue 3 Nov everybody · Cost",
        "USD 43.50 usually USD 2.25 · USD 41.25 more than usual",
        "Who made it: Ann USD 40.00 more",
        "Bob USD 1.25 more",
    ):
        assert words in text


def test_chinese_lists_who_made_it_with_its_own_comma(analyst: Client, ledger: None) -> None:
    keep()
    analyst.post("/i18n/setlang/", {"language": "zh-hant"})
    assert "Ann 多了 USD 40.00、Bob 多了 USD 1.25" in text_of(analyst.get(PAGE))


def test_nobody_made_0_more(analyst: Client, ledger: None) -> None:
    made_by = [[str(ANN), "41", "1"], [str(BOB), "2.25", "2"]]
    keep(measure="calls", currency="", made_by=made_by)
    text = text_of(analyst.get(PAGE))
    assert "Who made it: Ann 40 more" in text
    assert "Bob" not in text


@pytest.mark.parametrize(
    ("since", "told"),
    [
        (None, "No day was looked at so far: that takes six weeks of calls."),
        (date(2026, 10, 9), "Nothing was out of the ordinary in this period."),
        (date(2026, 11, 1), "Nothing was out of the ordinary in this period."),
        (
            date(2026, 11, 5),
            "Nothing was out of the ordinary in this period. "
            "Days before 5 Nov 2026 were not looked at.",
        ),
        (date(2026, 12, 9), "Days before 9 Dec 2026 were not looked at."),
    ],
)
def test_nothing(analyst: Client, ledger: None, since: date | None, told: str) -> None:
    if since:
        ExaminedDays.objects.create(since=since, through=since)
    page = html.parse(analyst.get(PAGE).content.decode())
    assert [html.text_of(one) for one in html.having(page, "lead")] == [told]


def test_some_of_a_period_of_which_not_all_days_were_looked_at(
    analyst: Client, ledger: None
) -> None:
    keep()
    ExaminedDays.objects.create(since=date(2026, 11, 2), through=DAY)
    page = html.parse(analyst.get(PAGE).content.decode())
    assert [html.text_of(one) for one in html.having(page, "lead")] == [
        "1 time something was out of the ordinary. Days before 2 Nov 2026 were not looked at."
    ]


def test_each_leads_to_the_calls_that_were_counted(analyst: Client, people: None) -> None:
    write(
        *(row(user_id=ANN, success=False, api_endpoint="/a", created_at=at(3)),) * 3,
        *(row(user_id=BOB, success=False, api_endpoint="/a", created_at=at(3)),) * 4,
        row(user_id=ANN, api_endpoint="/a", created_at=at(3)),
        row(user_id=ANN, success=False, api_endpoint="/a", created_at=at(4)),
    )
    keep(kind="endpoint", key="/a", measure="failures", currency="", made_by=[[str(ANN), "3", "0"]])
    (day,) = given(analyst.get(PAGE))["days"]
    assert given(analyst.get(day.more.url))["totals"][0][0] == "7"
    (maker,) = day.makers
    assert given(analyst.get(maker.url))["totals"][0][0] == "3"
    assert analyst.get(day.subject.url).status_code == 200


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ({}, 3),
        ({"user_id": ANN}, 1),
        ({"api_endpoint": "/a"}, 1),
        ({"currency": "EUR"}, 1),
        ({"user_id": BOB}, 0),
        ({"period": "last_month"}, 0),
    ],
)
def test_filters(analyst: Client, ledger: None, query: dict[str, Any], kept: int) -> None:
    keep(currency="EUR")
    keep(kind="user", key=str(ANN), made_by=[["/a", "3", "1"]])
    keep(kind="endpoint", key="/a")
    assert len(given(analyst.get(PAGE, query))["days"]) == kept


def test_other_filters_are_refused_in_words(analyst: Client, ledger: None) -> None:
    answer = analyst.get(PAGE, {"success": "false"})
    assert answer.status_code == 400
    assert "Unusual days are of a user" in answer.content.decode()


def test_the_file_has_all_of_it(analyst: Client, ledger: None) -> None:
    keep(expected_at=NOW, expected_by="ann", note="=cmd")
    (line,) = csv.DictReader(
        StringIO(analyst.get(f"{PAGE}export.csv").getvalue().decode("utf-8-sig"))
    )
    assert (line["day"], line["subject"], line["measure"]) == ("2026-11-03", "all", "cost")
    assert [line[name][:5] for name in ("observed", "usual", "above")] == [
        "43.50",
        "2.250",
        "41.25",
    ]
    assert line["made_by"] == "Ann (40), Bob (1.25)"
    assert (line["expected_by"], line["note"].strip("'\t ")) == ("ann", "=cmd")
    assert analyst.get(f"{PAGE}export.xlsx").getvalue().startswith(b"PK")


class TestExpected:
    def said(self, client: Client, one: UnusualDay, note: str = "", says: str = "yes") -> Any:
        posted = {"day": one.pk, "note": note, "is_expected": says}
        return client.post(f"{PAGE}?period=this_month", posted)

    def test_an_administrator_says_so_with_a_note(
        self, administrator: Client, ledger: None
    ) -> None:
        one = keep()
        answer = self.said(administrator, one, HOSTILE)
        assert (answer.status_code, answer.headers["Location"]) == (
            302,
            f"{PAGE}?period=this_month",
        )
        one.refresh_from_db()
        assert (one.expected_by, one.expected_at, one.note) == ("administrator", NOW, HOSTILE)
        page = administrator.get(PAGE)
        assert HOSTILE in text_of(page)
        assert HOSTILE not in page.content.decode()
        assert given(page)["sentence"] == "All that was out of the ordinary was expected."
        self.said(administrator, one, says="no")
        one.refresh_from_db()
        assert (one.expected_by, one.expected_at, one.note) == ("", None, "")

    @pytest.mark.parametrize("person", ["analyst", "other_staff", "nobody"])
    def test_nobody_else_may(
        self, request: pytest.FixtureRequest, person: str, ledger: None
    ) -> None:
        one, client = keep(), request.getfixturevalue(person)
        assert self.said(client, one).status_code == (302 if person == "nobody" else 403)
        one.refresh_from_db()
        assert one.expected_at is None

    def test_an_analyst_sees_no_button(
        self, analyst: Client, administrator: Client, ledger: None
    ) -> None:
        keep()
        buttons = [b"It was expected" in one.get(PAGE).content for one in (analyst, administrator)]
        assert buttons == [False, True]

    def test_who_was_first_stays(self, administrator: Client, ledger: None) -> None:
        one = keep(expected_at=NOW, expected_by="ann", note="campaign")
        self.said(administrator, one, "mine")
        one.refresh_from_db()
        assert (one.expected_by, one.note) == ("ann", "campaign")

    @pytest.mark.parametrize("day", ["", "0", "x", "9" * 30, "9223372036854775807", "-1", "١"])
    def test_a_day_that_is_not_kept(self, administrator: Client, day: str, ledger: None) -> None:
        assert administrator.post(PAGE, {"day": day, "is_expected": "yes"}).status_code == 404

    def test_a_note_that_is_too_long(self, administrator: Client, ledger: None) -> None:
        one = keep()
        self.said(administrator, one, "x" * 301)
        assert b"at most 300 characters" in administrator.get(PAGE).content
        one.refresh_from_db()
        assert one.expected_at is None

    def test_nothing_is_posted_to_a_file(self, administrator: Client, ledger: None) -> None:
        assert administrator.post(f"{PAGE}export.csv", {"day": 1}).status_code == 405
