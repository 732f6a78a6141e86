"""What a letter says, and that its numbers are those of the pages."""

import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from stats.budgets.setting import Terms, Whose, set_budget
from stats.letters.composing import Composed, composed
from stats.letters.scope import last_finished, scope_at
from stats.models import EndUser, ExaminedDays, UnusualDay
from stats.notices.outbox import LETTER_MONTH, LETTER_WEEK
from tests.ledger import in_zones, row, write
from tests.letters.conftest import NOW, SECRET, at
from tests.oracle import Zones
from tests.rollups.folded import fold_all

pytestmark = [pytest.mark.django_db, pytest.mark.once]
OCTOBER = date(2026, 10, 9)
LINK = re.compile(r'<a href="https://ledger\.example\.com([^"]*)"[^>]*>([^<]*)</a>')
TAG = re.compile("<[^>]*>")


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = "https://ledger.example.com"


def letter(
    occasion: str = LETTER_MONTH, day: date = OCTOBER, now: datetime = NOW, language: str = "en"
) -> Composed:
    return composed(scope_at(occasion, day, now), language)


def body(found: Composed) -> str:
    """The text without its list of links."""
    text = found.text.split("\n[1] ")[0]
    return re.sub(r" \[\d+\]", "", text).replace("\xa0", " ").replace("\u202f", " ")


def sheets(found: Composed) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(found.file))
    return {sheet.title: list(sheet.values) for sheet in book}


def administrator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_a_name_adds_no_line(ledger: None) -> None:
    """Whoever names users could otherwise write into the letter."""
    EndUser.objects.filter(pk=3).update(name="Eve\n— The statement\r\nPay USD 1\u2028now")
    lines = body(letter()).split("\n")
    assert lines.count("— The statement") == 1
    assert "• Eve — The statement Pay USD 1 now: USD 12.40, 18.8 %" in lines


def test_a_month(ledger: None) -> None:
    found = letter()
    assert found.subject == "LLM costs, October 2026"
    assert (
        body(found)
        == """\
In October 2026 we spent USD 66.02.
That is USD 26.27 more than in September (+66 %).
There were 8 calls; in September there were 3.
1 call failed.

— Who spent it
• Ann: USD 50.12, 75.9 %
• Eve: USD 12.40, 18.8 %
• Bob & <b>Co</b>: USD 3.50, 5.3 %

— What is different
More calls added USD 50.79.
Longer calls added USD 126.69.
A lower average price per token saved USD 151.21.
• Ann: USD 20.12 more
• Eve: USD 12.40, new this time
• Bob & <b>Co</b>: USD 3.75 less
• /chat-messages: USD 15.12 more
• /workflows/run: USD 11.15 more

— How November may end
As of 1 Nov, November may come to USD 4.81, and in four of five cases to USD 5–218.

— Budgets
1 budget is exceeded.
• All of us: USD 66.02 of USD 60.00 spent since 1 Oct, 110.0 %
• Ann's: USD 50.12 of USD 200.00 spent since 1 Oct, 25.1 %
• Flows: USD 20.90 of USD 500.00 spent since 1 Oct, 4.2 %

— Days out of the ordinary
1 thing stood out:
• Sat 31 Oct, everybody: USD 12.40, usually USD 1.30; mainly Eve

— What this bill leaves out
2 calls had no price (1,234 tokens).
1 call cost so little that it is zero (17 tokens).
1 call did not say what it used.

— The statement
Attached is the statement, line by line, to the last decimal.
Calls that come in late still count, so the pages may show more later.

Days are those of the time zone UTC.
To stop or change this letter, ask a usage administrator.
"""
    )


def test_in_chinese(ledger: None) -> None:
    found = letter(language="zh-hant")
    assert found.subject == "2026年10月的 LLM 成本"
    text = body(found)
    assert text.startswith(
        "2026年10月一共花了 USD 66.02。\n"
        "比9月多了 USD 26.27（+66%）。\n"
        "共呼叫 8 次，9月是 3 次。\n"
        "有 1 次呼叫失敗。\n"
    )
    assert "• Eve：USD 12.40，這次才出現" in text
    assert "主要是 Eve" in text
    assert not re.findall(r"[a-z]{3,} [a-z]{3,}", text)
    assert 'lang="zh-hant"' in found.html


def test_the_same_data_the_same_letter(ledger: None) -> None:
    """Whenever it is made, once its days are over; a late call makes another one."""
    first = letter()
    assert letter(now=datetime(2026, 12, 30, tzinfo=UTC)) == first
    write(row(cost="50", created_at=at(11, 3)))
    assert letter() == first
    write(row(cost="0.0001", created_at=at(10, 3)))
    assert letter() != first


def test_every_number_leads_to_a_page_that_has_it(ledger: None) -> None:
    """Nothing but dates is left where links are taken out, and who follows them needs the login."""
    found = letter()
    main = found.html.split("<main>")[1]
    plain = re.sub(r"October 2026|1 Oct|1 Nov", "", TAG.sub(" ", LINK.sub("", main)))
    assert re.findall(r"\d", plain) == []
    person = administrator()
    links = {(unescape(path), unescape(text)) for path, text in LINK.findall(main)}
    assert len(links) > 30
    lacking = []
    with time_machine.travel(NOW, tick=False):
        for path, text in links:
            answer = person.get(path)
            assert answer.status_code == 200, path
            page = unescape(TAG.sub("", answer.content.decode()))
            number = re.sub(r"^USD\s|[+−\s%]", "", text)
            # How November may end was told when it began.
            is_told = "created_at_after=2026-11-01" in path
            if re.fullmatch(r"[\d.,]+", number) and not is_told and number not in page:
                lacking.append((path, text))
            assert Client().get(path)["Location"].startswith("/admin/login/")
    assert not lacking, repr(lacking)


def test_the_statement_is_that_of_the_page(ledger: None) -> None:
    """And money ties out with the calls themselves, to the last decimal."""
    found = sheets(letter())
    with time_machine.travel(NOW, tick=False):
        answer: Any = administrator().get("/admin/reports/statements/2026-10/export.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.getvalue()))
    theirs = {sheet.title: list(sheet.values) for sheet in book}
    assert list(found) == ["sums", "groups", "users", "lines", "About this file"]
    for name in ("sums", "groups", "users", "lines"):
        assert found[name] == theirs[name]
        heads, *lines = found[name]
        place = heads.index("total_cost")
        assert sum(Decimal(str(line[place])) for line in lines) == Decimal("66.0241")
    about = {label: value for label, value, *_rest in found["About this file"]}
    assert about["Report"] == "Statement"
    assert about["Period"] == "1–31 Oct 2026"
    assert about["State"] == "Not closed yet: these figures may still change."
    assert about["Time zone"] == "UTC"
    assert about["As of"] == "2026-11-01T00:00:00+00:00"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_folded", [False, True])
@pytest.mark.parametrize(
    ("occasion", "day", "cost", "calls"),
    [
        (LETTER_WEEK, date(2026, 10, 29), "111.4", 2),
        (LETTER_WEEK, date(2026, 10, 8), "0", 4),
        (LETTER_MONTH, date(2026, 11, 3), "105.5", 2),
    ],
)
def test_the_statement_of_other_days_adds_up_to_what_the_letter_tells(
    ledger: None,
    settings: Any,
    occasion: str,
    day: date,
    cost: str,
    calls: int,
    is_folded: bool,
) -> None:
    """Of a week, also over the end of a month, and of a month that runs."""
    write(row(user_id=1, cost="7", created_at=at(12, 1)))
    if is_folded:
        settings.FOLD_MARGIN_SECONDS = 0
        assert fold_all(now=NOW) > 0
    found = sheets(letter(occasion, day))
    heads, *lines = found["lines"]
    costs, counts = heads.index("total_cost"), heads.index("total_calls")
    assert sum(Decimal(str(line[costs])) for line in lines) == Decimal(cost)
    assert sum(int(line[counts]) for line in lines) == calls
    assert found["sums"][1][:2] == ("lines", "These days")


def test_no_message_of_an_error(ledger: None) -> None:
    found = letter()
    everything = found.text + found.html + str(sheets(found))
    assert "Miller" in SECRET
    assert "Miller" not in everything


def test_names_are_not_markup(ledger: None) -> None:
    found = letter()
    assert "Bob &amp; &lt;b&gt;Co&lt;/b&gt;" in found.html
    assert "<b>Co" not in found.html


def test_a_week(ledger: None) -> None:
    """From Monday through Sunday; its budgets are those of the month it ends in, so far."""
    found = letter(LETTER_WEEK, date(2026, 10, 29))
    assert found.subject == "LLM costs, 26 Oct–1 Nov 2026"
    text = body(found)
    assert text.startswith(
        "In the week of 26 Oct–1 Nov 2026 we spent USD 111.40.\n"
        "That is USD 107.90 more than in the week before (+3,083 %).\n"
        "There were 2 calls; in the week before there were 1.\n"
    )
    assert "• All of us: USD 99.00 of USD 60.00 spent since 1 Nov, 165.0 %" in text


def test_what_runs_is_told_so_far(ledger: None) -> None:
    """It is compared with the same time of the month before."""
    found = letter(day=date(2026, 11, 3))
    assert found.subject == "LLM costs, 1–24 Nov 2026"
    text = body(found)
    assert text.startswith(
        "So far in November 2026 we spent USD 105.50.\n"
        "That is USD 51.88 more than on 1–24 Oct until 15:42 (+97 %).\n"
        "There were 2 calls; on 1–24 Oct until 15:42 there were 7.\n"
        "No call failed.\n"
    )
    assert "All of us: USD 105.50 of USD 60.00" in text


@pytest.mark.parametrize(
    ("language", "title", "others"),
    [("en", "Who spent it", "3 others: "), ("zh-hant", "誰用了多少", "其他 3 個：")],
)
def test_who_is_not_named_is_counted(ledger: None, language: str, title: str, others: str) -> None:
    """So that the rows add up to what was spent."""
    costs = {5: "6.4", 6: "2.25", 7: "1.5", 8: "1.2", 9: "1.1"}
    write(*(row(user_id=user, cost=cost, created_at=at(10, 6)) for user, cost in costs.items()))
    text = body(letter(language=language))
    rows = text.split(f"— {title}\n")[1].split("\n\n")[0].split("\n")
    assert len(rows) == 6
    assert rows[-1].startswith(f"• {others}USD 3.80")
    amounts = [Decimal(found) for found in re.findall(r"USD ([\d.]+)", "\n".join(rows))]
    assert sum(amounts) == Decimal("78.47")
    assert "USD 78.47" in text.split("\n")[0]


@pytest.mark.parametrize(
    ("language", "letter_says", "page_says"),
    [
        (
            "en",
            "A lower average price per token saved USD 4.00.",
            "From a lower average token price",
        ),
        ("zh-hant", "每個 Token 的平均成本變低，省下 USD 4.00。", "因每個 Token 平均成本較低"),
    ],
)
def test_more_use_of_what_is_cheap_is_no_lower_price(
    db: None, language: str, letter_says: str, page_says: str
) -> None:
    """No endpoint's price changes: a token costs 0.09 at one and 0.01 at the other."""
    dear, cheap = ({"api_endpoint": "/dear"}, {"api_endpoint": "/cheap"})
    write(
        row(cost="1", total_tokens=100, created_at=at(8, 3), **cheap),
        row(cost="9", total_tokens=100, created_at=at(9, 3), **dear),
        row(cost="1", total_tokens=100, created_at=at(9, 4), **cheap),
        row(cost="4.5", total_tokens=50, created_at=at(10, 3), **dear),
        row(cost="1.5", total_tokens=150, created_at=at(10, 4), **cheap),
    )
    assert letter_says in body(letter(language=language))
    person = administrator()
    person.post("/i18n/setlang/", {"language": language, "next": "/"})
    days = "created_at_after=2026-10-01&created_at_before=2026-10-31"
    page = person.get(f"/admin/reports/changes/?{days}").content.decode()
    assert f"<h2>{page_says}</h2>" in page


def test_amounts_of_a_list_have_equal_decimals(ledger: None) -> None:
    """Four, where the smallest would show one digit; else two."""
    write(
        row(user_id=5, cost="0.0421", created_at=at(10, 6)),
        row(user_id=6, cost="0.93", api_endpoint="/few", created_at=at(9, 6)),
    )
    UnusualDay.objects.create(
        day=at(10, 29).date(),
        kind="all",
        measure="cost",
        currency="USD",
        observed=Decimal("2.5"),
        usual=Decimal("0.0312"),
        made_by=[],
        found_at=NOW,
    )
    budget = Terms(amount=Decimal(3))
    set_budget("Five's", Whose(currency="USD", user_id=5), budget, NOW, at(7, 1).date())
    text = body(letter())
    decimals = {
        title: {len(one) for one in re.findall(r"USD [\d,]+\.(\d+)", told)}
        for title, _, told in (part.partition("\n") for part in text.split("— "))
    }
    assert decimals["Who spent it"] == {4}
    assert decimals["What is different"] == {2}
    assert decimals["Budgets"] == {4}
    assert decimals["Days out of the ordinary"] == {4}
    assert "USD 0.93 less, nothing this time" in text


def test_several_currencies_are_told_apart(ledger: None) -> None:
    write(
        row(user_id=2, cost="80", prompt_price_unit="RMB", created_at=at(10, 5)),
        row(user_id=2, cost="20", prompt_price_unit="RMB", created_at=at(9, 5)),
    )
    found = letter()
    text = body(found)
    assert text.startswith(
        "In October 2026 we spent USD 66.02.\n"
        "That is USD 26.27 more than in September (+66 %).\n"
        "We also spent RMB 80.00.\n"
        "That is RMB 60.00 more than in September (+300 %).\n"
        "There were 9 calls; in September there were 4.\n"
    )
    assert "— Who spent it, RMB\n• Bob & <b>Co</b>: RMB 80.00, 100 %\n" in text
    assert "ranked_in=RMB" in found.text
    heads, *_lines = sheets(found)["users"]
    assert heads[-2:] == ("costs.RMB", "costs.USD")


def test_a_young_ledger_has_nothing_to_compare_with(db: None) -> None:
    write(row(cost="2", created_at=at(10, 3)))
    text = body(letter())
    assert text.startswith(
        "In October 2026 we spent USD 2.00.\n"
        "There was 1 call.\n"
        "No call failed.\n"
        "There is nothing to compare this with yet: the ledger begins on 3 Oct 2026.\n"
    )
    assert "What is different" not in text
    assert "No budget is set." in text
    assert "No day was looked at so far: that takes six weeks of calls." in text
    assert "No day stood out." not in text
    assert "Nothing: the cost of every call is known." in text


def test_where_nothing_was_spent_before(ledger: None) -> None:
    write(row(cost="0.5", created_at=at(6, 2)))
    text = body(letter(day=date(2026, 8, 2)))
    assert text.startswith(
        "In August 2026 we spent USD 1.00.\n"
        "Nothing was spent in July.\n"
        "There was 1 call; in July there were 0.\n"
    )


def test_without_calls(ledger: None) -> None:
    found = letter(day=date(2026, 7, 2))
    assert body(found).startswith("In July 2026 there were no calls.\n")
    assert "The statement" not in found.text


def test_how_the_month_may_end(db: None) -> None:
    """From what was known when the week ended, as the overview told it then."""
    write(
        *(
            row(cost=str(3 + day % 3), created_at=at(month, day))
            for month in (7, 8, 9, 10)
            for day in range(1, 26 if month == 10 else 31)
        )
    )
    found = letter(LETTER_WEEK, date(2026, 10, 20))
    line = body(found).split("— How October may end\n")[1].split("\n")[0]
    words = re.fullmatch(
        r"As of 26 Oct, October may come to (USD \d+), and in four of five cases to (USD [\d–]+)\.",
        line,
    )
    assert words
    person = administrator()
    with time_machine.travel(datetime(2026, 10, 26, tzinfo=UTC), tick=False):
        page = TAG.sub("", person.get("/admin/").content.decode())
    assert f"October may end at {words[1]}, 80 % range {words[2]}" in re.sub(
        "[\xa0\u202f]", " ", page
    )
    write(row(cost="500", created_at=at(10, 27)))
    assert letter(LETTER_WEEK, date(2026, 10, 20)) == found


def test_how_a_month_may_end_that_has_not_begun(ledger: None) -> None:
    """What comes after the letter's days makes no difference."""
    later = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
    assert "As of 1 Nov, November may come to USD 4.81, " in body(letter(now=later))
    assert "依11月1日當時的資料，預估到11月底約 USD 4.81，" in body(letter(language="zh-hant"))


def test_days_are_those_of_time_zone(db: None) -> None:
    """Midnight in Taipei is 16:00 in the column."""
    write(
        row(cost="1", created_at=at(9, 30, 15)),
        row(cost="20", created_at=at(9, 30, 16)),
        row(cost="300", created_at=at(10, 31, 15)),
        row(cost="4000", created_at=at(10, 31, 16)),
    )
    with in_zones(Zones("Asia/Taipei", "UTC")):
        found = letter()
        morning = datetime(2026, 10, 31, 23, tzinfo=UTC)
        assert last_finished(LETTER_MONTH, morning).period.first == date(2026, 10, 1)
        earlier = last_finished(LETTER_MONTH, morning - timedelta(seconds=1))
        assert earlier.period.first == date(2026, 9, 1)
    assert body(found).startswith("In October 2026 we spent USD 320.00.\n")
    assert "Days are those of the time zone Asia/Taipei." in found.text
    about = {label: value for label, value, *_rest in sheets(found)["About this file"]}
    assert about["As of"] == "2026-11-01T00:00:00+08:00"


def test_days_that_were_not_looked_at_are_not_said_to_be_usual(ledger: None) -> None:
    UnusualDay.objects.all().delete()
    assert "\nNo day stood out.\n\n" in body(letter())
    ExaminedDays.objects.update(since=date(2026, 10, 20))
    told = "\nNo day stood out.\nDays before 20 Oct 2026 were not looked at.\n\n"
    assert told in body(letter())
    ExaminedDays.objects.update(since=date(2026, 11, 2))
    text = body(letter())
    assert "\nDays before 2 Nov 2026 were not looked at.\n\n" in text
    assert "No day stood out." not in text
