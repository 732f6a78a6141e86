from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.core import periods
from stats.core.periods import DAY, SECOND, Period, Range, offset_pieces, preset_period
from tests.generated import COLUMN_ZONES, READING_ZONES

pytestmark = pytest.mark.once

TAIPEI = ZoneInfo("Asia/Taipei")
NEW_YORK = ZoneInfo("America/New_York")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
APIA = ZoneInfo("Pacific/Apia")
reading_zones = st.sampled_from(READING_ZONES).map(ZoneInfo)
column_zones = st.sampled_from(COLUMN_ZONES).map(ZoneInfo)
days = st.dates(date(1980, 1, 1), date(2060, 12, 31))


def utc(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("name", "first", "last", "compared"),
    [
        ("this_quarter", "2026-10-01", "2026-11-24", ("2026-07-01", "2026-08-24")),
        ("last_quarter", "2026-07-01", "2026-09-30", ("2026-04-01", "2026-06-30")),
        ("this_year", "2026-01-01", "2026-11-24", ("2025-01-01", "2025-11-24")),
        ("last_year", "2025-01-01", "2025-12-31", ("2024-01-01", "2024-12-31")),
    ],
)
def test_quarters_and_years(name: str, first: str, last: str, compared: tuple[str, str]) -> None:
    period = preset_period(name, day("2026-11-24"), UTC)
    assert (period.first, period.last) == (day(first), day(last))
    found = period.previous(datetime(2026, 11, 24, 14, 4, tzinfo=UTC))
    assert (found.first, found.last) == tuple(map(day, compared))
    assert (found.until is not None) == (last == "2026-11-24")


def month(first: str, zone: tzinfo = UTC) -> Period:
    return Period(day(first), periods.last_of_month(day(first)), zone)


# ── days ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("zone", "text", "start", "hours"),
    [
        (TAIPEI, "2026-03-10", "2026-03-09 16:00", 24),
        (NEW_YORK, "2024-03-10", "2024-03-10 05:00", 23),
        (NEW_YORK, "2024-11-03", "2024-11-03 04:00", 25),
        (ZoneInfo("Australia/Lord_Howe"), "2024-04-07", "2024-04-06 13:00", 24.5),
        # Midnight is skipped: the day begins at one o'clock.
        (SAO_PAULO, "2018-11-04", "2018-11-04 03:00", 23),
        # 23:00 to midnight comes twice.
        (SAO_PAULO, "2018-02-17", "2018-02-17 02:00", 25),
        # A day that Samoa left out.
        (APIA, "2011-12-30", "2011-12-30 10:00", 0),
    ],
)
def test_a_local_day(zone: tzinfo, text: str, start: str, hours: float) -> None:
    first, last = periods.start_of_day(day(text), zone), periods.end_of_day(day(text), zone)
    assert first == utc(start)
    assert last - first + SECOND == timedelta(hours=hours)


@given(days, reading_zones)
def test_days_follow_one_another_without_gap(day: date, zone: tzinfo) -> None:
    first, last = periods.start_of_day(day, zone), periods.end_of_day(day, zone)
    assert periods.local_day(first, zone) == periods.local_day(last, zone) == day
    assert periods.local_day(first - SECOND, zone) == day - DAY
    assert periods.start_of_day(day + DAY, zone) == last + SECOND


def test_the_last_days_are_so_many_times_24_hours_cut_to_the_second() -> None:
    now = utc("2024-03-10 12:30:15.999")
    last = periods.last_days(1, now)
    assert last == Range(utc("2024-03-09 12:30:15"), utc("2024-03-10 12:30:15"))


# ── ranges ──────────────────────────────────────────────────────────────────────────────────────


def test_bounds_by_day_and_by_the_clock() -> None:
    tenth = day("2026-03-10")
    whole = Range(utc("2026-03-09 16:00"), utc("2026-03-10 15:59:59"))
    assert periods.range_between(tenth, tenth, TAIPEI, UTC) == whole
    assert periods.range_of_days(tenth, tenth, TAIPEI) == whole
    naive = datetime(2026, 3, 10, 12, 0, 0, 999)
    assert periods.range_between(naive, None, UTC, TAIPEI) == Range(utc("2026-03-10 04:00"), None)
    assert periods.range_between(None, None, UTC, TAIPEI).is_all_time
    assert periods.range_between(tenth, tenth - DAY, UTC, UTC).is_empty


@pytest.mark.parametrize(
    "moment",
    [date.min, date.max, datetime.min, datetime.max, date(1000, 12, 31), datetime(9999, 1, 1)],
)
def test_the_ends_of_the_calendar_are_a_value_error(moment: date) -> None:
    for start, end in ((moment, None), (None, moment)):
        with pytest.raises(ValueError, match="year"):
            periods.range_between(start, end, TAIPEI, UTC)
    with pytest.raises(ValueError, match=r"year|ISO"):
        periods.parse_moment(moment.isoformat())


@given(st.text())
def test_any_text_is_a_moment_or_a_sentence(text: str) -> None:
    try:
        moment = periods.parse_moment(text)
    except ValueError as error:
        sentence = str(error)
    else:
        sentence = f"{moment}."
    assert sentence.endswith(".")


# ── offsets ─────────────────────────────────────────────────────────────────────────────────────


def local(naive: datetime, naive_zone: tzinfo, zone: tzinfo) -> datetime:
    instant = naive.replace(tzinfo=naive_zone).astimezone(UTC)
    return instant.astimezone(zone).replace(tzinfo=None)


@given(days, st.integers(0, 900), column_zones, reading_zones, st.data())
@settings(max_examples=60)
def test_pieces_of_offsets_say_what_the_zones_say(
    first: date, length: int, naive_zone: tzinfo, zone: tzinfo, data: st.DataObject
) -> None:
    start = datetime.combine(first, datetime.min.time())
    end = start + length * DAY
    pieces = offset_pieces(start, end, naive_zone, zone)
    changes = [piece.until for piece in pieces if piece.until]
    # At each change and a second before, and anywhere.
    moments = [moment for change in changes for moment in (change - SECOND, change)]
    seconds = data.draw(st.lists(st.integers(0, length * 86_400), max_size=20))
    for moment in (start, end, *moments, *(start + timedelta(seconds=n) for n in seconds)):
        piece = next(piece for piece in pieces if not piece.until or moment < piece.until)
        assert moment + timedelta(seconds=piece.seconds) == local(moment, naive_zone, zone)


def test_zones_that_never_change_are_one_piece() -> None:
    [piece] = offset_pieces(datetime(2000, 1, 1), datetime(2030, 1, 1), UTC, TAIPEI)
    assert (piece.until, piece.seconds) == (None, 8 * 3600)


def test_the_same_zone_is_no_offset_but_in_the_hour_that_is_skipped() -> None:
    pieces = offset_pieces(datetime(2024, 1, 1), datetime(2024, 3, 1), NEW_YORK, NEW_YORK)
    assert [piece.seconds for piece in pieces] == [0]


# ── presets ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("today", "2026-03-31", "2026-03-31"),
        ("7d", "2026-03-25", "2026-03-31"),
        ("30d", "2026-03-02", "2026-03-31"),
        ("90d", "2026-01-01", "2026-03-31"),
        ("this_month", "2026-03-01", "2026-03-31"),
        ("last_month", "2026-02-01", "2026-02-28"),
    ],
)
def test_presets_are_whole_local_days(preset: str, first: str, last: str) -> None:
    period = preset_period(preset, day("2026-03-31"), TAIPEI)
    assert (period.first, period.last) == (day(first), day(last))
    assert period.range == periods.range_of_days(day(first), day(last), TAIPEI)
    assert period.length == (period.last - period.first).days + 1


def test_last_month_in_january_is_december() -> None:
    period = preset_period("last_month", day("2026-01-15"), UTC)
    assert (period.first, period.last) == (day("2025-12-01"), day("2025-12-31"))


def test_an_unknown_preset_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="today, 7d"):
        preset_period("yesterday", day("2026-01-15"), UTC)


# ── the period before ───────────────────────────────────────────────────────────────────────────


def before(period: Period, now: str) -> tuple[str, str, str, str]:
    compared = period.previous(utc(now))
    assert compared.range.start is not None
    assert compared.range.end is not None
    start, end = (
        moment.astimezone(compared.zone).strftime("%m-%d %H:%M:%S")
        for moment in (compared.range.start, compared.range.end)
    )
    return str(compared.first), str(compared.last), start, end


def test_a_past_period_is_compared_with_as_many_days_immediately_before() -> None:
    week = Period(day("2026-03-09"), day("2026-03-15"), TAIPEI)
    assert before(week, "2026-06-01 00:00") == (
        *("2026-03-02", "2026-03-08"),
        *("03-02 00:00:00", "03-08 23:59:59"),
    )


def test_a_past_month_is_compared_with_the_month_before() -> None:
    assert before(month("2026-03-01"), "2026-06-01 00:00") == (
        *("2026-02-01", "2026-02-28"),
        *("02-01 00:00:00", "02-28 23:59:59"),
    )
    # A month by its dates is a month, whether a preset named it or not.
    assert month("2026-03-01").is_month
    assert not Period(day("2026-03-01"), day("2026-03-30"), UTC).is_month


def test_a_running_month_is_compared_as_far_as_it_has_come() -> None:
    running = preset_period("this_month", day("2026-03-10"), TAIPEI)
    assert before(running, "2026-03-10 07:30:20") == (
        *("2026-02-01", "2026-02-10"),
        *("02-01 00:00:00", "02-10 15:30:20"),
    )


def test_the_31st_of_march_is_compared_with_all_of_february() -> None:
    running = preset_period("this_month", day("2026-03-31"), UTC)
    assert before(running, "2026-03-31 12:00") == (
        *("2026-02-01", "2026-02-28"),
        *("02-01 00:00:00", "02-28 23:59:59"),
    )


def test_today_is_compared_with_yesterday_until_the_same_local_time() -> None:
    # Clocks went forward at two in the morning: ten o'clock is nine hours into the day.
    today = preset_period("today", day("2024-03-10"), NEW_YORK)
    assert before(today, "2024-03-10 14:00:00") == (
        *("2024-03-09", "2024-03-09"),
        *("03-09 00:00:00", "03-09 10:00:00"),
    )


def test_running_days_are_compared_with_the_days_before_until_the_same_local_time() -> None:
    week = preset_period("7d", day("2026-03-10"), UTC)
    assert before(week, "2026-03-10 06:00") == (
        *("2026-02-25", "2026-03-03"),
        *("02-25 00:00:00", "03-03 06:00:00"),
    )


def test_a_month_that_has_not_run_out_is_still_compared_as_a_month() -> None:
    whole = month("2026-03-01")
    assert before(whole, "2026-03-10 12:00") == (
        *("2026-02-01", "2026-02-10"),
        *("02-01 00:00:00", "02-10 12:00:00"),
    )


@given(days, st.sampled_from(periods.PRESETS), reading_zones, st.integers(0, 86_399))
def test_what_a_period_is_compared_with_lies_before_it_and_is_no_longer(
    today: date, preset: str, zone: tzinfo, seconds: int
) -> None:
    now = periods.start_of_day(today, zone) + timedelta(seconds=seconds)
    period = preset_period(preset, periods.local_day(now, zone), zone)
    compared = period.previous(now)
    assert compared.first <= compared.last < period.first
    longest = {0: 0, 1: 31, 3: 92, 12: 366}[period.months]
    assert (compared.last - compared.first).days < max(period.length, longest)
    assert compared.range.start == periods.start_of_day(compared.first, zone)
    assert compared.range.end is not None
    assert compared.range.end <= periods.end_of_day(compared.last, zone)


@pytest.mark.parametrize(
    ("period", "direction", "first", "last"),
    [
        (month("2026-01-01"), -1, "2025-12-01", "2025-12-31"),
        (month("2026-01-01"), +1, "2026-02-01", "2026-02-28"),
        (Period(day("2026-10-01"), day("2026-12-31"), UTC), +1, "2027-01-01", "2027-03-31"),
        (Period(day("2026-01-01"), day("2026-12-31"), UTC), -1, "2025-01-01", "2025-12-31"),
        (Period(day("2026-03-09"), day("2026-03-15"), UTC), -1, "2026-03-02", "2026-03-08"),
        (Period(day("2026-03-09"), day("2026-03-15"), UTC), +1, "2026-03-16", "2026-03-22"),
    ],
)
def test_the_neighbours_of_a_period(period: Period, direction: int, first: str, last: str) -> None:
    shifted = period.shifted(direction)
    assert (shifted.first, shifted.last) == (day(first), day(last))


# ── months as billed ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "now", "first", "last"),
    [
        # In Taipei it is already November.
        ("this_month_utc", "2026-10-31 20:00", "2026-10-01", "2026-10-31"),
        ("last_month_utc", "2026-10-31 20:00", "2026-09-01", "2026-09-30"),
        ("this_month_utc", "2026-11-01 00:00", "2026-11-01", "2026-11-01"),
        ("2024-02_utc", "2026-11-01 00:00", "2024-02-01", "2024-02-29"),
    ],
)
def test_a_month_as_billed_is_one_of_utc(name: str, now: str, first: str, last: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = periods.named_period(name, moment, TAIPEI)
    assert (found.first, found.last) == (day(first), day(last))
    assert found.range == periods.range_of_days(day(first), day(last), UTC)
    assert found.is_month


@given(days, days)
def test_the_name_of_a_billed_month_leads_to_it(today: date, some_day: date) -> None:
    now = periods.start_of_day(today, UTC)
    name = periods.billed_name(some_day.replace(day=1), now)
    if some_day.replace(day=1) > today:
        assert name == ""
    else:
        periods.check_period_name(name)
        assert periods.named_period(name, now, TAIPEI).first == some_day.replace(day=1)


@pytest.mark.parametrize("name", ["", "all", "yesterday", "2026-9_utc", "0999-01_utc", "utc"])
def test_what_names_no_period(name: str) -> None:
    with pytest.raises(ValueError, match=r"needed|between"):
        periods.check_period_name(name)


# ── bounds ──────────────────────────────────────────────────────────────────────────────────────

TODAY = date(2026, 11, 28)


def check(first: str | None, last: str | None) -> None:
    periods.check_bounds(day(first) if first else None, day(last) if last else None, TODAY)


@pytest.mark.parametrize(
    ("first", "last", "is_start"),
    [
        ("1999-12-31", None, True),
        ("2027-11-30", None, True),
        (None, "1999-12-31", False),
        ("2026-01-01", "2027-11-30", False),
        ("2010-01-01", "2020-01-09", True),
    ],
)
def test_what_is_too_far_or_too_long(first: str | None, last: str | None, is_start: bool) -> None:
    with pytest.raises(periods.OutOfBoundsError, match=r"\d\.$") as error:
        check(first, last)
    assert error.value.is_start is is_start


@pytest.mark.parametrize(
    ("first", "last"),
    [("2000-01-01", None), (None, "2027-11-29"), ("2010-01-01", "2020-01-08"), (None, None)],
)
def test_what_is_just_not(first: str | None, last: str | None) -> None:
    check(first, last)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-24t08:30:00z", "2026-11-24T08:30:00+00:00"),
        ("2026-11-24T08:30:00Z", "2026-11-24T08:30:00+00:00"),
        ("2026-11-24t08:30:00.25-05:00", "2026-11-24T08:30:00.250000-05:00"),
        ("2026-11-24 08:30", "2026-11-24T08:30:00"),
        ("20261124T083000Z", "2026-11-24T08:30:00+00:00"),
    ],
)
def test_a_time_as_rfc_3339_lets_it_be_written(text: str, meant: str) -> None:
    assert periods.parse_moment(text) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    "text",
    ["2026-11-24x08:30:00", "2026-11-24😀08:30:00", "2026-11-24T08:30:00 08:00", "T08:30:00Z",
     "2026-11-24T", "2026-11-24T08:30:00ZZ", "2026-11-24T25:00", "２０２６-11-24T08:30"],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        periods.parse_moment(text)


def test_how_far_a_comparison_reaches() -> None:
    running = preset_period("this_month", day("2026-11-28"), NEW_YORK)
    compared = running.previous(datetime(2026, 11, 28, 19, 4, tzinfo=UTC))
    # Ten days before clocks go back: the same time of the day, not the same distance.
    assert compared.until == datetime(2026, 10, 28, 18, 4, tzinfo=UTC)
    assert preset_period("last_month", day("2026-11-28"), NEW_YORK).previous(
        datetime(2026, 11, 28, 19, 4, tzinfo=UTC)
    ).until is None  # fmt: skip
    # The 31st of March has none in February.
    longest = preset_period("this_month", day("2026-03-31"), UTC)
    assert longest.previous(datetime(2026, 3, 31, 12, tzinfo=UTC)).until is None
