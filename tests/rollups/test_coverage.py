"""Which days, months and edges of days a range is made of."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.core.periods import DAY, SECOND, Range, end_of_day, start_of_day
from stats.query.coverage import (
    MINUS,
    PLUS,
    Coverage,
    Days,
    cover,
    hours_and_seconds,
    months_and_days,
    widened,
)
from stats.rollups.local_days import in_column
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


# Long after all of these ranges.
NOW = at("2025-01-01 12:00:00")


def covered(range: Range, zone: ZoneInfo = TAIPEI, now: datetime = NOW) -> Coverage:
    return cover(range, zone, now)


def days_and_edges(days: Days | None, *edges: tuple[Range, int]) -> Coverage:
    return Coverage(None, ((days, PLUS),) if days else (), edges)


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
    assert covered(range) == days_and_edges(days)


def test_the_shorter_part_of_a_day_is_added() -> None:
    range = between("2024-05-03 20:00:00", "2024-05-06 03:00:00")
    assert covered(range) == days_and_edges(
        whole("2024-05-04", "2024-05-05"),
        (between("2024-05-03 20:00:00", "2024-05-03 23:59:59"), PLUS),
        (between("2024-05-06 00:00:00", "2024-05-06 03:00:00"), PLUS),
    )


def test_of_a_nearly_whole_day_the_rest_is_taken_away() -> None:
    range = between("2024-05-03 03:00:00", "2024-05-06 20:00:00")
    assert covered(range) == days_and_edges(
        whole("2024-05-03", "2024-05-06"),
        (between("2024-05-03 00:00:00", "2024-05-03 02:59:59"), MINUS),
        (between("2024-05-06 20:00:01", "2024-05-06 23:59:59"), MINUS),
    )


def test_what_cannot_be_taken_away_is_added_however_long() -> None:
    range = between("2024-05-03 00:00:01", "2024-05-06 23:59:59")
    assert cover(range, TAIPEI, NOW, may_subtract=False) == days_and_edges(
        whole("2024-05-04", "2024-05-06"),
        (between("2024-05-03 00:00:01", "2024-05-03 23:59:59"), PLUS),
    )


def test_of_today_what_is_still_to_come_is_taken_away() -> None:
    range = between("2024-05-03 00:00:00", "2024-05-06 03:00:00")
    now = at("2024-05-06 03:00:00")
    assert covered(range, now=now) == days_and_edges(
        whole("2024-05-03", "2024-05-06"),
        (between("2024-05-06 03:00:01", "2024-05-06 23:59:59"), MINUS),
    )


def test_one_second_short_of_a_day() -> None:
    assert covered(between("2024-05-03 00:00:01", None)).edges == (
        (between("2024-05-03 00:00:00", "2024-05-03 00:00:00"), MINUS),
    )
    assert covered(between(None, "2024-05-03 23:59:58")).edges == (
        (between("2024-05-03 23:59:59", "2024-05-03 23:59:59"), MINUS),
    )
    assert covered(between(None, "2024-05-03 00:00:00")) == days_and_edges(
        whole(None, "2024-05-02"),
        (between("2024-05-03 00:00:00", "2024-05-03 00:00:00"), PLUS),
    )


def test_two_edges_of_neighbouring_days_leave_no_whole_day() -> None:
    range = between("2024-05-03 20:00:00", "2024-05-04 03:00:00")
    assert covered(range) == days_and_edges(
        None,
        (between("2024-05-03 20:00:00", "2024-05-03 23:59:59"), PLUS),
        (between("2024-05-04 00:00:00", "2024-05-04 03:00:00"), PLUS),
    )


def test_a_part_within_one_day() -> None:
    short = between("2024-05-03 10:00:00", "2024-05-03 12:00:00")
    assert covered(short) == days_and_edges(None, (short, PLUS))
    long = between("2024-05-03 01:00:00", "2024-05-03 22:00:00")
    assert covered(long) == days_and_edges(
        whole("2024-05-03", "2024-05-03"),
        (between("2024-05-03 00:00:00", "2024-05-03 00:59:59"), MINUS),
        (between("2024-05-03 22:00:01", "2024-05-03 23:59:59"), MINUS),
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
    assert covered(range) == Coverage()


@pytest.mark.parametrize(("day", "hours"), [("2024-03-10", 23), ("2024-11-03", 25)])
def test_days_on_which_clocks_change(day: str, hours: int) -> None:
    """Noon is where either part may be the shorter one."""
    start = start_of_day(date.fromisoformat(day), NEW_YORK)
    middle = start + timedelta(hours=hours) / 2
    before, after = Range(middle - SECOND, None), Range(middle + SECOND, None)
    assert covered(before, NEW_YORK).edges == ((Range(start, middle - 2 * SECOND), MINUS),)
    assert covered(after, NEW_YORK).edges == (
        (Range(middle + SECOND, end_of_day(date.fromisoformat(day), NEW_YORK)), PLUS),
    )


moments = st.datetimes(datetime(2024, 3, 8), datetime(2024, 3, 14)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


@given(moments, moments, moments, st.lists(moments, min_size=1), st.booleans())
def test_each_second_is_counted_once_or_not_at_all(
    start: datetime, end: datetime, now: datetime, seconds: list[datetime], by_month: bool
) -> None:
    coverage = cover(Range(start, end), NEW_YORK, now, by_month=by_month)
    for second in [*seconds, start, end, start - SECOND, end + SECOND]:
        day = second.astimezone(NEW_YORK).date()
        pieces = [*coverage.days, *([(coverage.months, PLUS)] if coverage.months else [])]
        counted = sum(sign for days, sign in pieces if is_on(day, days)) + sum(
            sign for edge, sign in coverage.edges if is_within(second, edge)
        )
        assert counted == (start <= second <= end)


def is_on(day: date, days: Days) -> bool:
    return (days.first or date.min) <= day <= (days.last or date.max)


def is_within(second: datetime, edge: Range) -> bool:
    assert edge.start is not None
    assert edge.end is not None
    return edge.start <= second <= edge.end


# ── hours ───────────────────────────────────────────────────────────────────────────────────────

# A day that begins and ends within an hour, as in Kolkata.
DAY_IN_COLUMN = (datetime(2024, 5, 3, 18, 30), datetime(2024, 5, 4, 18, 29, 59))
seconds_of_day = st.integers(0, 86_399).map(lambda second: DAY_IN_COLUMN[0] + second * SECOND)


@given(seconds_of_day, seconds_of_day, seconds_of_day, st.lists(seconds_of_day, min_size=1))
def test_each_second_of_an_edge_is_counted_once(
    start: datetime, end: datetime, now: datetime, seconds: list[datetime]
) -> None:
    start, end = sorted([start, end])
    hours, pieces = hours_and_seconds((start, end), DAY_IN_COLUMN, now)
    read = [(hours, PLUS)] if hours else []
    for second in [*seconds, start, end, *DAY_IN_COLUMN]:
        counted = sum(way for (first, last), way in [*read, *pieces] if first <= second <= last)
        assert counted == (start <= second <= end)
    for first, last in [hours] if hours else []:
        assert first == DAY_IN_COLUMN[0] or (first.minute, first.second) == (0, 0)
        assert last == DAY_IN_COLUMN[1] or (last.minute, last.second) == (59, 59)


def test_what_has_not_happened_is_taken_away() -> None:
    """The rest of the running hour, which is the longer part, has hardly any calls."""
    now = datetime(2024, 5, 4, 10, 20)
    assert hours_and_seconds((DAY_IN_COLUMN[0], now), DAY_IN_COLUMN, now) == (
        (DAY_IN_COLUMN[0], datetime(2024, 5, 4, 10, 59, 59)),
        (((now + SECOND, datetime(2024, 5, 4, 10, 59, 59)), MINUS),),
    )


# ── months ──────────────────────────────────────────────────────────────────────────────────────

TODAY = date(2025, 6, 1)


@pytest.mark.parametrize(
    ("days", "months", "beside"),
    [
        (whole(None, None), whole(None, None), ()),
        (whole("2024-02-01", "2024-02-29"), whole("2024-02-01", "2024-02-29"), ()),
        (
            whole("2024-02-01", "2024-02-28"),
            whole("2024-02-01", "2024-02-29"),
            ((whole("2024-02-29", "2024-02-29"), MINUS),),
        ),
        (
            whole("2024-02-05", "2024-02-08"),
            None,
            ((whole("2024-02-05", "2024-02-08"), PLUS),),
        ),
        (
            whole("2024-01-31", "2024-03-01"),
            whole("2024-02-01", "2024-02-29"),
            (
                (whole("2024-01-31", "2024-01-31"), PLUS),
                (whole("2024-03-01", "2024-03-01"), PLUS),
            ),
        ),
        (
            whole("2024-01-31", "2024-02-03"),
            None,
            (
                (whole("2024-01-31", "2024-01-31"), PLUS),
                (whole("2024-02-01", "2024-02-03"), PLUS),
            ),
        ),
        (
            whole("2023-12-02", None),
            whole("2023-12-01", None),
            ((whole("2023-12-01", "2023-12-01"), MINUS),),
        ),
        (
            whole(None, "2024-12-03"),
            whole(None, "2024-11-30"),
            ((whole("2024-12-01", "2024-12-03"), PLUS),),
        ),
        (whole(None, "2024-12-31"), whole(None, "2024-12-31"), ()),
    ],
)
def test_months_and_what_lies_beside_them(
    days: Days, months: Days | None, beside: tuple[tuple[Days, int], ...]
) -> None:
    assert months_and_days(days, TODAY) == (months, beside)


def test_the_running_month_is_taken_whole() -> None:
    """Hardly anything lies on the days to come, which are taken away."""
    assert months_and_days(whole("2024-02-01", "2024-02-08"), date(2024, 2, 8)) == (
        whole("2024-02-01", "2024-02-29"),
        ((whole("2024-02-09", "2024-02-29"), MINUS),),
    )


dates = st.dates(date(2023, 11, 20), date(2024, 4, 10))


@given(dates, dates, dates, dates)
def test_each_day_is_counted_once(first: date, last: date, day: date, today: date) -> None:
    first, last = sorted([first, last])
    months, beside = months_and_days(Days(first, last), today)
    pieces = [*beside, *([(months, PLUS)] if months else [])]
    assert sum(sign for days, sign in pieces if is_on(day, days)) == (first <= day <= last)
    if months:
        assert months.first is not None
        assert months.last is not None
        assert months.first.day == (months.last + DAY).day == 1


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


# ── in the column ───────────────────────────────────────────────────────────────────────────────


def test_a_fold_means_nothing_where_the_clock_shows_a_time_once() -> None:
    """Whoever means the later of two times says so of any time."""
    with in_zones(Zones("Asia/Taipei", "Asia/Taipei")):
        later = between("2025-12-01 01:00:00", "2025-12-31 23:59:59")
        later = Range(*(moment.replace(fold=1) for moment in later.bounds))
        assert in_column(later) == (datetime(2025, 12, 1, 1), datetime(2025, 12, 31, 23, 59, 59))
