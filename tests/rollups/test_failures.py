"""Failures of one kind: alike but for numbers, UUIDs and hex."""

from datetime import UTC, datetime
from typing import Any

import pytest

from stats.models import APIUsageStats, FailureKind
from stats.query import engine, failures, plan
from stats.query.failures import failure_groups, narrowed
from stats.query.selection import Selection
from stats.reports.statistics import range_of
from stats.rollups.failures import MESSAGE_LENGTH, fingerprint
from tests.ledger import row, write
from tests.rollups.folded import fold_all

KIND = fingerprint("504: upstream timed out after 12 s")


@pytest.mark.parametrize(
    "message",
    [
        "504: upstream timed out after 7 s",
        "504: upstream timed out after 7.25 s",
        "504: upstream timed out after 1,000.5 s",
        "503: Upstream TIMED OUT after 12 s",
        " 504:  upstream\ttimed out\nafter 12 s\r\n",
    ],
)
def test_numbers_case_and_blanks_make_no_other_kind(message: str) -> None:
    assert fingerprint(message) == KIND


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "no call 0f8fad5b-d9cb-469f-a165-70867728950e here",
            "no call 7C9E6679-7425-40DE-944B-E07FC1F90AE7 here",
        ),
        ("at 0xdeadBEEF", "at 0x12"),
        ("request 9f86d081884c7d65 refused", "request 60303ae22b998861 refused"),
        ("commit 0123456789", "commit abcdef0123456789"),
        ("at 12:30:59", "at 7:05"),
        ("x" * MESSAGE_LENGTH + "one", "x" * MESSAGE_LENGTH + "other"),
    ],
)
def test_these_are_of_one_kind(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("timed out", "refused"),
        ("", "?"),
        ("café", "cafe"),
        # Hex digits without a number among them are words.
        ("defaced it", "effaced it"),
        ("faceless", "decades of"),
        ("no number", "no number 1"),
        ("額度不足", "額度已滿"),
    ],
)
def test_these_are_of_two(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize("message", ["", " \n", "\ud800", "🙂" * 600, "0" * 70_000])
def test_whatever_is_written_has_a_kind(message: str) -> None:
    assert len(fingerprint(message)) == 40


@pytest.mark.django_db(transaction=True)
class TestReport:
    def test_kinds_with_their_endpoints_and_times(self) -> None:
        first, last = datetime(2026, 3, 1, 8), datetime(2026, 3, 20, 9)
        failed = {"success": False, "error_message": "timed out after 7 s"}
        write(
            row(**failed, api_endpoint="/a", created_at=first),
            row(**{**failed, "error_message": "Timed out after 30 s"}, api_endpoint="/a"),
            row(**failed, api_endpoint="/b", created_at=last),
            row(success=None, error_message=None),
            row(success=True, error_message="a warning"),
        )
        fold_all()
        timed_out, silent = failure_groups(Selection())
        assert fingerprint(timed_out.message) == fingerprint(failed["error_message"])  # type: ignore[arg-type]
        assert timed_out.per_endpoint == {"/a": 2, "/b": 1}
        assert (timed_out.first_at, timed_out.last_at) == tuple(
            moment.replace(tzinfo=UTC) for moment in (first, last)
        )
        assert (silent.message, silent.failures) == ("", 1)

    def test_one_kind_keeps_one_number_over_many_folds(self) -> None:
        for seconds in range(3):
            write(row(success=False, error_message=f"timed out after {seconds} s"))
            fold_all()
        assert FailureKind.objects.count() == 1
        assert [group.failures for group in failure_groups(Selection())] == [3]

    def test_accents_tell_kinds_apart_even_in_one_fold(self) -> None:
        """MariaDB's usual collations would count them as one message."""
        write(*(row(success=False, error_message=text) for text in ("café", "cafe", "CAFE")))
        fold_all()
        assert sorted(group.failures for group in failure_groups(Selection())) == [1, 2]

    def test_those_without_a_time_are_in_no_dated_range(self) -> None:
        write(row(success=False, created_at=None), row(success=False))
        fold_all()
        assert sum(group.failures for group in failure_groups(Selection())) == 2
        dated = Selection(range_of("2026-01-01", None))
        assert sum(group.failures for group in failure_groups(dated)) == 1

    def test_no_successful_call_has_failed(self) -> None:
        write(row(success=False), row(success=True))
        fold_all()
        write(row(success=False))
        assert failure_groups(Selection(success=True)) == []
        assert sum(group.failures for group in failure_groups(Selection(success=False))) == 2


@pytest.mark.django_db(transaction=True)
class TestOneKind:
    """The calls of a kind are as many as the sums say, and of that kind."""

    @pytest.fixture(autouse=True)
    def calls(self) -> None:
        rows = [
            row(
                success=[False, None, False, True][n % 4],
                error_message=[f"timed out after {n} s", f"Timed  out after {n}.5 s", "", None,
                               f"at {n}: refused"][n % 5],
                api_endpoint=f"/{n % 2}",
                user_id=1 + n % 3,
                created_at=datetime(2026, 3, 1 + n % 28, n % 24),
            )
            for n in range(120)
        ]  # fmt: skip
        write(*rows[:80], row(success=False, error_message="timed out", created_at=None))
        fold_all()
        # Of a kind that has no number yet, too.
        write(*rows[80:], row(success=False, error_message="brand new"))

    @pytest.mark.parametrize(
        "selection",
        [
            Selection(),
            Selection(range_of("2026-03-05", "2026-03-20T11:59:59")),
            Selection(range_of("2026-03-05", None), endpoint="/1"),
            Selection(range_of(None, "2026-03-20"), user_ids=(2,)),
            Selection(range_of("2026-03-02", "2026-03-27"), success=False, currency="USD"),
        ],
    )
    def test_the_calls_are_as_many_as_counted(self, selection: Selection) -> None:
        groups = failure_groups(selection)
        assert len(groups) >= 3
        for group in groups:
            calls = narrowed(selection, group.kind)
            found = calls.narrow(APIUsageStats.objects.all())
            assert len(found) == group.failures == engine.total(calls).failures
            assert engine.total(calls).calls == group.failures
            assert {fingerprint(call.error_message or "") for call in found} == {group.kind}

    def test_of_successes_there_are_none(self) -> None:
        calls = narrowed(Selection(success=True), KIND)
        assert not calls.narrow(APIUsageStats.objects.all()).exists()

    def test_only_where_it_happened_are_calls_read(self, settings: Any) -> None:
        """So that what failed on one day is found among the calls of many."""
        moment = datetime(2026, 2, 14, 12)
        write(*[row(success=False, error_message="a bad day", created_at=moment)] * 2)
        fold_all()
        settings.MOST_CALLS_READ = 2
        year = Selection(range_of("2026-01-01", "2026-12-31"))
        assert engine.total(narrowed(year, fingerprint("a bad day"))).calls == 2
        with pytest.raises(engine.TooManyCallsError):
            narrowed(year, fingerprint("at 4: refused"))

    def test_statements_that_name_messages_are_not_kept(self) -> None:
        calls = narrowed(Selection(), fingerprint("at 4: refused"))
        kept = plan._compiled_of_calls.cache_info().currsize
        assert engine.total(calls).calls > 0
        assert plan._compiled_of_calls.cache_info().currsize == kept

    def test_too_many_different_messages_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(failures, "MOST_MESSAGES", 3)
        with pytest.raises(engine.TooManyCallsError):
            narrowed(Selection(), fingerprint("at 4: refused"))
        assert narrowed(Selection(), fingerprint("brand new")).messages == ("brand new",)
