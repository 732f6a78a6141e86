"""Which days, months and edges of days a range is made of."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.periods import DAY, SECOND, Range, end_of_day, start_of_day
from stats.reports.coverage import Coverage, Days, cover, months_and_days, widened
from tests.ledger import in_zones
from tests.oracle import Zones

TAIPEI = ZoneInfo("Asia/Taipei")
NEW_YORK = ZoneInfo("America/New_York")


def at(text: str, zone: ZoneInfo = TAIPEI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def between(start: str | None, end: str | None, zone: ZoneInfo = TAIPEI) -> Range:
    return Range(*(at(side, zone) if side else None for side in (start, end)))


def whole(first: str | None, last: str | None) -> Days:
    return Days(*(date.fromisoformat(side) if side else None for side in (first, last)))


# ── whole days and edges ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("range", "days"),
    [
        (between(None, None), whole(None, None)),
        (between("2024-05-03 00:00:00", None), whole("2024-05-03", None)),
        (between(None, "2024-05-03 23:59:59"), whole(None, "2024-05-03")),
        (between("2024-05-03 00:00:00", "2024-05-03 23:59:59"), whole("2024-05-03", "2024-05-03")),
        (between("2024-05-03 00:00:00", "2024-07-01 23:59:59"), whole("2024-05-03", "2024-07-01")),
    ],
)
def test_whole_days_have_no_edges(range: Range, days: Days) -> None:
    assert cover(range, TAIPEI) == Coverage(days)


def test_the_shorter_part_of_a_day_is_added() -> None:
    range = between("2024-05-03 20:00:00", "2024-05-06 03:00:00")
    assert cover(range, TAIPEI) == Coverage(
        whole("2024-05-04", "2024-05-05"),
        added=(
            between("2024-05-03 20:00:00", "2024-05-03 23:59:59"),
            between("2024-05-06 00:00:00", "2024-05-06 03:00:00"),
        ),
    )


def test_of_a_nearly_whole_day_the_rest_is_subtracted() -> None:
    range = between("2024-05-03 03:00:00", "2024-05-06 20:00:00")
    assert cover(range, TAIPEI) == Coverage(
        whole("2024-05-03", "2024-05-06"),
        subtracted=(
            between("2024-05-03 00:00:00", "2024-05-03 02:59:59"),
            between("2024-05-06 20:00:01", "2024-05-06 23:59:59"),
        ),
    )


def test_one_second_short_of_a_day() -> None:
    assert cover(between("2024-05-03 00:00:01", None), TAIPEI).subtracted == (
        between("2024-05-03 00:00:00", "2024-05-03 00:00:00"),
    )
    assert cover(between(None, "2024-05-03 23:59:58"), TAIPEI).subtracted == (
        between("2024-05-03 23:59:59", "2024-05-03 23:59:59"),
    )
    assert cover(between(None, "2024-05-03 00:00:00"), TAIPEI) == Coverage(
        whole(None, "2024-05-02"),
        added=(between("2024-05-03 00:00:00", "2024-05-03 00:00:00"),),
    )


def test_two_edges_of_neighbouring_days_leave_no_whole_day() -> None:
    range = between("2024-05-03 20:00:00", "2024-05-04 03:00:00")
    assert cover(range, TAIPEI) == Coverage(
        None,
        added=(
            between("2024-05-03 20:00:00", "2024-05-03 23:59:59"),
            between("2024-05-04 00:00:00", "2024-05-04 03:00:00"),
        ),
    )


def test_a_part_within_one_day_is_read_as_it_is() -> None:
    range = between("2024-05-03 01:00:00", "2024-05-03 22:00:00")
    assert cover(range, TAIPEI) == Coverage(None, added=(range,))


def test_a_day_cut_at_its_beginning_alone() -> None:
    range = between("2024-05-03 01:00:00", "2024-05-03 23:59:59")
    assert cover(range, TAIPEI) == Coverage(
        whole("2024-05-03", "2024-05-03"),
        subtracted=(between("2024-05-03 00:00:00", "2024-05-03 00:59:59"),),
    )


@pytest.mark.parametrize(
    "range",
    [
        between("2024-05-05 14:00:00", "2024-05-03 10:00:00"),
        between("2024-05-05 14:00:00", "2024-05-05 13:59:59"),
        between("2024-05-05 00:00:00", "2024-05-04 23:59:59"),
    ],
)
def test_a_range_that_ends_before_it_starts_is_empty(range: Range) -> None:
    assert cover(range, TAIPEI) == Coverage(None)


@pytest.mark.parametrize(("day", "hours"), [("2024-03-10", 23), ("2024-11-03", 25)])
def test_days_on_which_clocks_change(day: str, hours: int) -> None:
    """Noon is where either part may be the shorter one."""
    start = start_of_day(date.fromisoformat(day), NEW_YORK)
    middle = start + timedelta(hours=hours) / 2
    before, after = Range(middle - SECOND, None), Range(middle + SECOND, None)
    assert cover(before, NEW_YORK).subtracted == (Range(start, middle - 2 * SECOND),)
    assert cover(after, NEW_YORK).added == (
        Range(middle + SECOND, end_of_day(date.fromisoformat(day), NEW_YORK)),
    )


def test_a_second_that_the_column_shows_twice_belongs_to_the_range_alone() -> None:
    """From 02:00:00 on, as Berlin's clock shows it a second time, is from 02:00:00 on."""
    with in_zones(Zones("UTC", "Europe/Berlin")):
        [outside] = cover(
            Range(datetime(2024, 10, 27, 1, tzinfo=UTC), None), ZoneInfo("UTC")
        ).subtracted
    assert outside.end is not None
    assert outside.end.replace(tzinfo=None) == datetime(2024, 10, 27, 1, 59, 59)


moments = st.datetimes(datetime(2024, 3, 8), datetime(2024, 3, 14)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


@given(moments, moments, st.lists(moments, min_size=1))
def test_each_second_is_counted_once_or_not_at_all(
    start: datetime, end: datetime, seconds: list[datetime]
) -> None:
    coverage = cover(Range(start, end), NEW_YORK)
    for second in [*seconds, start, end, start - SECOND, end + SECOND]:
        day = second.astimezone(NEW_YORK).date()
        days = coverage.days
        counted = (
            int(
                days is not None
                and days.first is not None
                and days.last is not None
                and days.first <= day <= days.last
            )
            + sum(is_within(second, edge) for edge in coverage.added)
            - sum(is_within(second, edge) for edge in coverage.subtracted)
        )
        assert counted == (start <= second <= end)


def is_within(second: datetime, edge: Range) -> bool:
    assert edge.start is not None
    assert edge.end is not None
    return edge.start <= second <= edge.end


# ── months ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("days", "months", "around"),
    [
        (whole(None, None), whole(None, None), []),
        (whole("2024-02-01", "2024-02-29"), whole("2024-02-01", "2024-02-29"), []),
        (whole("2024-02-01", "2024-02-28"), None, [whole("2024-02-01", "2024-02-28")]),
        (whole("2024-01-31", "2024-02-28"), None, [whole("2024-01-31", "2024-02-28")]),
        (
            whole("2024-01-31", "2024-03-01"),
            whole("2024-02-01", "2024-02-29"),
            [whole("2024-01-31", "2024-01-31"), whole("2024-03-01", "2024-03-01")],
        ),
        (
            whole("2023-12-02", None),
            whole("2024-01-01", None),
            [whole("2023-12-02", "2023-12-31")],
        ),
        (
            whole(None, "2024-12-30"),
            whole(None, "2024-11-30"),
            [whole("2024-12-01", "2024-12-30")],
        ),
        (whole(None, "2024-12-31"), whole(None, "2024-12-31"), []),
    ],
)
def test_months_and_the_days_around_them(
    days: Days, months: Days | None, around: list[Days]
) -> None:
    assert months_and_days(days) == (months, around)


dates = st.dates(date(2023, 11, 20), date(2024, 4, 10))


@given(dates, dates, dates)
def test_each_day_is_in_a_month_or_around_it(first: date, last: date, day: date) -> None:
    first, last = sorted([first, last])
    months, around = months_and_days(Days(first, last))
    pieces = [*around, *([months] if months else [])]
    covered = [piece for piece in pieces if piece.first <= day <= piece.last]  # type: ignore[operator]
    assert len(covered) == (first <= day <= last)
    if months:
        assert months.first is not None
        assert months.last is not None
        assert months.first.day == (months.last + DAY).day == 1


@pytest.mark.parametrize(
    ("days", "most", "listed"),
    [
        (whole("2024-02-28", "2024-03-01"), 3, 3),
        (whole("2024-02-28", "2024-03-01"), 2, None),
        (whole(None, "2024-03-01"), 100, None),
        (whole("2024-03-01", None), 100, None),
    ],
)
def test_days_are_listed_up_to_a_number(days: Days, most: int, listed: int | None) -> None:
    found = days.listed(most)
    assert (found and len(found)) == listed


# ── after a purge ───────────────────────────────────────────────────────────────────────────────

PURGED = date(2024, 5, 4)


@pytest.mark.parametrize(
    ("range", "wider"),
    [
        (between(None, None), between(None, None)),
        (
            between("2024-05-03 12:00:00", "2024-05-03 13:00:00"),
            between("2024-05-03 00:00:00", "2024-05-03 23:59:59"),
        ),
        (
            between("2024-05-03 23:59:59", "2024-05-04 13:00:00"),
            between("2024-05-03 00:00:00", "2024-05-04 13:00:00"),
        ),
        (
            between("2024-05-04 00:00:01", "2024-05-04 13:00:00"),
            between("2024-05-04 00:00:01", "2024-05-04 13:00:00"),
        ),
        (between(None, "2024-05-01 00:00:00"), between(None, "2024-05-01 23:59:59")),
    ],
)
def test_where_calls_are_purged_ranges_widen_to_whole_days(range: Range, wider: Range) -> None:
    assert widened(range, PURGED, TAIPEI) == wider


def test_without_a_purge_no_range_widens() -> None:
    range = between("2024-05-03 12:00:00", "2024-05-03 13:00:00")
    assert widened(range, None, TAIPEI) is range
