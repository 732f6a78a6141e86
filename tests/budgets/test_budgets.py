"""Budgets as they are set, compared with what calls cost, and crossed once."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from stats.budgets import crossings, spending
from stats.budgets.periods import period_at, periods_back
from stats.budgets.setting import BudgetError, Terms, Whose, remove_budget, set_budget
from stats.budgets.spending import Spending
from stats.ingest.groups import set_group
from stats.models import APIUsageStats, Budget, BudgetCrossing, BudgetTerms, EndUser
from tests.ledger import row, write

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
ANN, BOB = 1, 2


def call(cost: str, **columns: Any) -> dict[str, Any]:
    return row(**{"cost": cost, "created_at": datetime(2026, 11, 3, 12), **columns})


def new(name: str = "all", amount: str = "100", **whose: Any) -> Budget:
    return set_budget(
        name, Whose(**{"currency": "USD", **whose}), Terms(amount=Decimal(amount)), NOW
    )


def of(budget: Budget) -> Spending:
    (found,) = spending.current([budget], NOW)
    return found


@pytest.fixture
def calls() -> None:
    """Amounts of which no two sums are alike."""
    write(
        call("1.0000", user_id=ANN, api_endpoint="/a"),
        call("2.0000", user_id=ANN, api_endpoint="/b"),
        call("4.0000", user_id=BOB, api_endpoint="/a"),
        call("8.0000", user_id=ANN, prompt_price_unit="EUR", api_endpoint="/a"),
        call("16.0000", user_id=ANN, created_at=datetime(2026, 10, 31, 23)),
        call("32.0000", user_id=BOB, created_at=datetime(2026, 7, 1)),
        call("64.0000", user_id=BOB, created_at=datetime(2025, 12, 31)),
    )


@pytest.mark.usefixtures("calls")
class TestSpent:
    @pytest.mark.parametrize(
        ("whose", "spent"),
        [
            ({}, "7"),
            ({"currency": "EUR"}, "8"),
            ({"user_id": ANN}, "3"),
            ({"user_id": BOB}, "4"),
            ({"api_endpoint": "/a"}, "5"),
            ({"api_endpoint": "/never"}, "0"),
            ({"per": "quarter"}, "23"),
            ({"per": "year"}, "55"),
            ({"per": "year", "user_id": BOB}, "36"),
        ],
    )
    @pytest.mark.parametrize("others", [0, spending.FEW])
    def test_it_is_of_the_calls_that_count(
        self, whose: dict[str, Any], spent: str, others: int
    ) -> None:
        """Alike whether budgets are asked about one by one or all at once."""
        budget = new(**whose)
        more = [new(f"more {number}", **whose) for number in range(others)]
        found = spending.current([budget, *more], NOW)
        assert [one.spent for one in found] == [Decimal(spent)] * (1 + others)

    def test_of_a_group_while_a_user_was_in_it(self) -> None:
        """Ann moved on the day of her calls in November, Bob in August."""
        for user, group, day in ((ANN, "Law", date(2026, 11, 3)), (BOB, "Law", date(2026, 8, 1))):
            set_group(user, group, day, NOW.date())
        assert [of(new(f"1 {per}", group="Law", per=per)).spent for per in ("month", "year")] == [
            Decimal(7),
            Decimal(7),
        ]
        set_group(ANN, "", date(2026, 11, 4), NOW.date())
        assert of(new("2", group="Law")).spent == 7
        set_group(ANN, "", date(2026, 11, 3), NOW.date())
        assert of(new("3", group="Law")).spent == 4
        assert of(new("4", group="", per="year")).spent == 51

    def test_what_is_left(self) -> None:
        found = of(new(amount="21"))
        assert (found.left, found.percent) == (Decimal(14), Decimal(100) / 3)
        # 24 to 30 November.
        assert (found.days_left, found.left_per_day) == (7, Decimal(2))

    def test_more_than_all_was_spent(self) -> None:
        found = of(new(amount="5"))
        assert (found.left, found.left_per_day) == (Decimal(-2), Decimal(0))

    @pytest.mark.parametrize("others", [0, spending.FEW])
    def test_blanks_at_the_end_of_an_endpoint_tell_nothing_apart(self, others: int) -> None:
        budget = new(api_endpoint="/a  ")
        more = [new(f"more {number}", api_endpoint="/b") for number in range(others)]
        assert spending.current([budget, *more], NOW)[0].spent == 5

    def test_days_of_utc(self, settings: Any) -> None:
        """23:00 of 31 October in UTC is 1 November in Taipei."""
        settings.TIME_ZONE = "Asia/Taipei"
        assert of(new("local")).spent == 23
        assert of(new("billed", is_billed=True)).spent == 7


class TestPeriods:
    @pytest.mark.parametrize(
        ("per", "day", "first", "last"),
        [
            ("month", "2024-02-29", "2024-02-01", "2024-02-29"),
            ("quarter", "2026-11-24", "2026-10-01", "2026-12-31"),
            ("quarter", "2026-03-31", "2026-01-01", "2026-03-31"),
            ("year", "2026-07-07", "2026-01-01", "2026-12-31"),
        ],
    )
    def test_whole_ones(self, per: str, day: str, first: str, last: str) -> None:
        period = period_at(Budget(per=per), date.fromisoformat(day))
        assert (period.first.isoformat(), period.last.isoformat()) == (first, last)

    @given(
        st.sampled_from(["month", "quarter", "year"]),
        st.dates(min_value=date(2001, 1, 1), max_value=date(2100, 1, 1)),
    )
    def test_they_follow_one_another(self, per: str, day: date) -> None:
        budget = Budget(per=per)
        now = datetime(day.year, day.month, day.day, tzinfo=UTC)
        newest, *_between, oldest = found = list(periods_back(budget, now, 13))
        assert newest.first <= day <= newest.last
        assert all((b.first - a.last).days == 1 for a, b in zip(found[1:], found, strict=False))
        assert (newest.first.year - oldest.first.year) * 12 + (
            newest.first.month - oldest.first.month
        ) == 12 * {"month": 1, "quarter": 3, "year": 12}[per]


class TestTerms:
    def test_new_terms_hold_from_the_running_period_on(self) -> None:
        set_budget("all", Whose(currency="USD"), Terms(amount=Decimal(10)), NOW, date(2026, 9, 9))
        budget = new(amount="20")
        periods = list(periods_back(budget, NOW, 4))
        found = spending.during([(budget, period) for period in periods], NOW)
        assert [(one.period.first.month, one.terms.amount) for one in found] == [
            (11, Decimal(20)), (10, Decimal(10)), (9, Decimal(10)),
        ]  # fmt: skip

    def test_twice_in_a_period_the_last_holds(self) -> None:
        new(amount="20")
        assert of(new(amount="30")).terms.amount == 30
        assert BudgetTerms.objects.count() == 1

    def test_whose_it_is_stays(self) -> None:
        write(call("1", user_id=ANN))
        new(user_id=ANN)
        with pytest.raises(BudgetError) as caught:
            new(currency="EUR", user_id=ANN, per="year")
        assert sorted(caught.value.errors) == ["currency", "per"]

    def test_a_removed_one_comes_back_with_its_history(self) -> None:
        new(amount="20")
        assert remove_budget("all", NOW)
        assert not remove_budget("all", NOW)
        assert spending.in_force() == []
        new(amount="30")
        assert [budget.name for budget in spending.in_force()] == ["all"]

    @pytest.mark.parametrize(
        ("field", "whose", "terms"),
        [
            ("amount", {}, {"amount": Decimal(0)}),
            ("amount", {}, {"amount": Decimal("NaN")}),
            ("amount", {}, {"amount": Decimal("1.00001")}),
            ("amount", {}, {"amount": Decimal(10) ** 12}),
            ("thresholds", {}, {"thresholds": (0,)}),
            ("thresholds", {}, {"thresholds": (1001,)}),
            ("thresholds", {}, {"thresholds": tuple(range(1, 12))}),
            ("thresholds", {}, {"thresholds": ()}),
            ("forecast_thresholds", {"per": "year"}, {"forecast_thresholds": (100,)}),
            ("forecast_thresholds", {"is_billed": True}, {"forecast_thresholds": (100,)}),
            ("mails", {}, {"mails": ("nobody",)}),
            ("mails", {}, {"mails": ("a@example.com",) * 21}),
            ("webhooks", {}, {"webhooks": ("http://example.com/",)}),
            ("webhooks", {}, {"webhooks": ("https://me:secret@example.com/",)}),
            ("webhooks", {}, {"webhooks": ("https://[",)}),
            ("webhooks", {}, {"webhooks": ("https://example.com:0/",)}),
            ("webhooks", {}, {"webhooks": ("https://example.com:65536/",)}),
            ("webhooks", {}, {"webhooks": ("https://example.com/h\xe9",)}),
            ("webhooks", {}, {"webhooks": ("https://ex\xe4mple.com/",)}),
            ("currency", {"currency": "dollars"}, {}),
            ("currency", {"currency": ""}, {}),
            ("user_id", {"user_id": 99}, {}),
            ("api_endpoint", {"user_id": 99, "api_endpoint": "/a"}, {}),
            ("api_endpoint", {"api_endpoint": "x" * 101}, {}),
            ("api_endpoint", {"api_endpoint": " "}, {}),
            ("webhooks", {}, {"webhooks": ("https://:secret@example.com/",)}),
            ("webhooks", {}, {"webhooks": ("https://example.com/a b",)}),
            ("per", {"per": "week"}, {}),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_is_kept(
        self, field: str, whose: dict[str, Any], terms: dict[str, Any]
    ) -> None:
        with pytest.raises(BudgetError) as caught:
            set_budget(
                "all",
                Whose(**{"currency": "USD", **whose}),
                Terms(**{"amount": Decimal(5), **terms}),
                NOW,
            )
        assert field in caught.value.errors
        assert not Budget.objects.exists()

    def test_a_budget_of_a_user_who_is_gone_can_be_changed(self) -> None:
        write(call("1", user_id=ANN))
        new(user_id=ANN)
        APIUsageStats.objects.all()._raw_delete("default")
        EndUser.objects.filter(pk=ANN).delete()
        assert of(new(user_id=ANN, amount="7")).terms.amount == 7

    @pytest.mark.parametrize("name", ["", "  ", "x" * 81, "two\nlines", "\x1b[31m"])
    def test_a_name_is_needed(self, name: str) -> None:
        with pytest.raises(BudgetError) as caught:
            new(name)
        assert list(caught.value.errors) == ["name"]


class TestCrossings:
    def noted(self) -> list[tuple[str, date, int]]:
        rows = BudgetCrossing.objects.order_by("budget__name", "period", "threshold")
        return list(rows.values_list("budget__name", "period", "threshold"))

    def test_each_once(self) -> None:
        new(amount="10")
        write(call("5.0000"))
        assert [crossings.find(NOW), crossings.find(NOW)] == [1, 0]
        write(call("4.9999"))
        assert [crossings.find(NOW), crossings.find(NOW)] == [1, 0]
        assert self.noted() == [("all", date(2026, 11, 1), 50), ("all", date(2026, 11, 1), 80)]
        write(call("0.0001"))
        assert crossings.find(NOW) == 1

    def test_it_keeps_what_it_was(self) -> None:
        new(amount="10")
        write(call("7.0000"))
        crossings.find(NOW)
        new(amount="1000")
        crossing = BudgetCrossing.objects.get()
        assert (crossing.reached, crossing.amount) == (Decimal(7), Decimal(10))
        assert crossing.found_at == NOW
        assert (crossing.kind, crossing.threshold) == ("spent", 50)

    def test_another_amount_crosses_nothing_twice(self) -> None:
        new(amount="10")
        write(call("7.0000"))
        crossings.find(NOW)
        for amount in ("1000", "10"):
            new(amount=amount)
            assert crossings.find(NOW) == 0

    def test_the_period_before_counts_too(self) -> None:
        """A call late on the last day is seen on the first of the next."""
        set_budget("all", Whose(currency="USD"), Terms(amount=Decimal(10)), NOW, date(2026, 10, 1))
        write(call("9.0000", created_at=datetime(2026, 10, 31, 23, 59, 59)))
        assert crossings.find(datetime(2026, 11, 1, 0, 0, 5, tzinfo=UTC)) == 2
        assert {period for _name, period, _threshold in self.noted()} == {date(2026, 10, 1)}

    def test_not_before_its_terms(self) -> None:
        new(amount="10")
        write(call("9.0000", created_at=datetime(2026, 10, 31, 23, 59, 59)))
        assert crossings.find(NOW) == 0

    def test_a_removed_one_is_crossed_by_nothing(self) -> None:
        new(amount="10")
        write(call("9.0000"))
        remove_budget("all", NOW)
        assert crossings.find(NOW) == 0


class TestCommands:
    def said(self, *arguments: str) -> str:
        out = StringIO()
        call_command(*arguments, stdout=out)
        return out.getvalue()

    def test_set_list_remove(self) -> None:
        write(call("1.2345", user_id=ANN, created_at=None))
        arguments = (
            "Ann --amount 12.5 --currency USD --user 1 --per year --thresholds 90,10"
            " --mail a@example.com b@example.com --webhook https://example.com/x"
        )
        said = self.said("set_budget", *arguments.split())
        assert said == f"Budget Ann: USD 12.5 a year from {timezone.now().year}-01-01 on.\n"
        terms = BudgetTerms.objects.get()
        assert (terms.thresholds, terms.mails) == ([10, 90], ["a@example.com", "b@example.com"])
        year = timezone.now().year
        heading, line = self.said("list_budgets").splitlines()
        assert heading.split() == [
            "NAME", "OF", "PERIOD", "CURRENCY", "AMOUNT", "SPENT", "LEFT", "PERCENT", "THRESHOLDS",
        ]  # fmt: skip
        assert line.split() == [
            "Ann", "user", "1", f"{year}-01-01", "to", f"{year}-12-31", "USD",
            "12.5000", "0.0000", "12.5000", "0.0", "10,90",
        ]  # fmt: skip
        assert self.said("remove_budget", "Ann") == "Budget Ann was removed.\n"
        assert len(self.said("list_budgets").splitlines()) == 1

    @pytest.mark.parametrize(
        ("option", "arguments"),
        [
            ("--amount", ("--amount", "much", "--currency", "USD")),
            ("--amount", ("--amount", "0", "--currency", "USD")),
            ("--currency", ("--amount", "1", "--currency", "dollars")),
            ("--thresholds", ("--amount", "1", "--currency", "USD", "--thresholds", "half")),
            ("--forecast", ("--amount", "1", "--currency", "USD", "--forecast", "half")),
            ("--user", ("--amount", "1", "--currency", "USD", "--user", "99")),
            ("--mail", ("--amount", "1", "--currency", "USD", "--mail", "nobody")),
            ("--webhook", ("--amount", "1", "--currency", "USD", "--webhook", "ftp://x")),
        ],
    )
    def test_what_is_wrong_names_its_option(self, option: str, arguments: tuple[str, ...]) -> None:
        with pytest.raises(CommandError, match=rf"{option}"):
            self.said("set_budget", "all", *arguments)
        assert not Budget.objects.exists()

    def test_what_is_not_given_stays(self) -> None:
        write(call("1", user_id=ANN))
        first = (
            "set_budget Ann --amount 5 --currency usd --user 1 --per year --billed"
            " --thresholds 90 --mail a@example.com --webhook https://example.com/x"
        )
        again = "set_budget Ann --amount 6 --currency USD"
        for line in (first, again):
            self.said(*line.split())
        terms = BudgetTerms.objects.get()
        assert (terms.amount, terms.thresholds, terms.mails) == (
            Decimal(6),
            [90],
            ["a@example.com"],
        )
        assert terms.webhooks == ["https://example.com/x"]
        budget = terms.budget
        assert (budget.user_id, budget.per, budget.is_billed) == (ANN, "year", True)

    def test_what_may_be_mistyped_is_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(call("1", user_id=ANN))
        today = timezone.now().date()
        set_group(ANN, "Translation", today, today)
        for group in ("Translation", "Translatoin", ""):
            self.said("set_budget", f"of {group}", "--amount", "5", "--currency", "USD",
                      "--group", group)  # fmt: skip
        assert capsys.readouterr().err == "No user is in the group Translatoin.\n"
        assert Budget.objects.count() == 3

    def test_a_budget_that_is_not_there(self) -> None:
        with pytest.raises(CommandError, match="There is no budget all"):
            self.said("remove_budget", "all")
