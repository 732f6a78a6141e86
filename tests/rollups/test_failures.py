"""Failures of one kind: alike but for numbers, UUIDs and hex."""

from datetime import UTC, datetime

import pytest

from stats.models import FailureKind
from stats.reports.failures import failure_groups
from stats.reports.selection import Selection
from stats.reports.statistics import range_of
from stats.rollups.failures import MESSAGE_LENGTH, fingerprint
from tests.ledger import row, write
from tests.rollups.books import fold_all

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
