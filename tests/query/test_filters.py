from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import QuerySet
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.core.periods import range_of_days
from stats.models import APIUsageStats
from stats.query.filters import CallFilterSet, call_filters, group_of_value, group_value
from stats.query.parameters import Parameter, ParametersError
from stats.query.request import (
    RANKED_IN,
    ReportRequest,
    Request,
    report_request_of,
    request_of,
)
from stats.rollups.failures import fingerprint
from tests import oracle
from tests.generated import ENDPOINTS, Ledger, ledgers
from tests.ledger import in_zones, rolled_back, row, write
from tests.oracle import Row, Zones

NOW = datetime(2026, 3, 10, 15, 30, 20, tzinfo=UTC)
Meaning = Callable[[Row], bool]


def read(query: str, **kwargs: Any) -> Request:
    return request_of(QueryDict(query), NOW, **kwargs)


def report(query: str, **kwargs: Any) -> ReportRequest:
    return report_request_of(QueryDict(query), NOW, **kwargs)


def bad(query: str, read: Callable[..., Request] = read, **kwargs: Any) -> set[str]:
    with pytest.raises(ParametersError) as refused:
        read(query, **kwargs)
    for messages in refused.value.errors.values():
        assert all(message.endswith(".") and "int_max" not in message for message in messages)
    return set(refused.value.errors)


# ── strictness ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "query",
    [
        "success=banana",
        "success=1",
        "user_id=1.5",
        "user_id=0",
        "user_id=-1",
        "user_id=1,2",
        "user_id=%D9%A1",
        "user_id=1&user_id=x",
        f"user_id={2**63}",
        f"user_id={'9' * 5000}",
        "job_id=eleven",
        f"api_endpoint={'x' * 201}",
        "api_endpoint=%00",
        f"currency={'x' * 21}",
        "created_at_after=yesterday",
        "created_at_after=2026-02-30",
        "created_at_before=0999-01-01",
        "created_at_before=9999-12-31T23:59:59",
        "cost_min=NaN",
        "cost_min=-1",
        "cost_max=1000000",
        "cost_max=1_0",
        "response_time_ms_min=1.0",
        "response_time_ms_max=-1",
        "has_error=maybe",
        "period=fortnight",
        "unknown_cost=all",
        "failure=504",
        f"failure={'G' * 40}",
        f"failure={'0' * 41}",
        "user=1",
        "USER_ID=1",
        "format=json",
        "page=1",
    ],
)
def test_what_cannot_be_read_is_named(query: str) -> None:
    assert bad(query) == {query.partition("=")[0]}


def test_every_bad_parameter_is_named_at_once() -> None:
    assert bad("success=banana&user_id=1.5&sucess=true&job_id=1&job_id=2") == {
        "success",
        "user_id",
        "sucess",
        "job_id",
    }


SINGLE = [name for name, one in CallFilterSet.declared().items() if not one.many]


@pytest.mark.parametrize("name", SINGLE)
def test_what_is_meant_once_may_not_come_twice(name: str) -> None:
    assert bad(f"{name}=&{name}=") == {name}


def test_parameters_of_somebody_else_are_allowed_by_name() -> None:
    own = {"cursor": Parameter()}
    assert bad("cursor=x&tab=y", own=own) == {"tab"}
    assert bad("cursor=x&cursor=y", own=own) == {"cursor"}
    assert read("cursor=x", own=own).own == {"cursor": "x"}


@pytest.mark.parametrize("name", CallFilterSet.base_filters)
def test_an_empty_parameter_is_not_given(name: str) -> None:
    assert read(f"{name}=").selection == read("").selection


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("period=7d&created_at_after=2026-03-01", "period"),
        ("period=all&created_at_before=2026-03-01", "period"),
        ("created_at_after=2026-03-02&created_at_before=2026-03-01", "created_at_before"),
    ],
)
def test_parameters_that_contradict_each_other(query: str, name: str) -> None:
    assert bad(query) == {name}


def wrong(query: QueryDict) -> set[str]:
    try:
        request_of(query, NOW)
    except ParametersError as refused:
        return set(refused.errors)
    return set()


@given(st.dictionaries(st.sampled_from(sorted(CallFilterSet.base_filters)), st.text()))
def test_any_text_is_read_or_named(given: dict[str, str]) -> None:
    query = QueryDict(mutable=True)
    query.update(given)
    assert wrong(query) <= set(given)


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("created_at_after=1926-11-01", {"created_at_after"}),
        ("created_at_after=1001-01-01&created_at_before=1001-01-02", {"created_at_after", }),
        ("created_at_before=2126-01-01", {"created_at_before"}),
        ("created_at_after=2014-01-01&created_at_before=2024-01-09", {"created_at_after"}),
        ("created_at_after=2014-01-01T00:00Z&created_at_before=2024-01-09", {"created_at_after"}),
        ("period=1999-12_utc", {"period"}),
        ("period=2126-01_utc", {"period"}),
    ],
)  # fmt: skip
def test_times_that_are_too_far_or_too_long(query: str, wrong: set[str]) -> None:
    assert bad(query) == wrong


def test_a_page_s_days_until_today_are_bounded_too() -> None:
    assert bad("created_at_after=2016-01-01", report) == {"created_at_after"}
    assert read("created_at_after=2016-01-01").range.end is None


def test_each_time_is_named_where_period_are_needed() -> None:
    after, before = (f"created_at_{end}=2026-03-01T08:00:00Z" for end in ("after", "before"))
    assert bad(f"{after}&{before}", report) == {
        "created_at_after",
        "created_at_before",
    }
    assert bad(after, report) == {"created_at_after"}
    assert read(f"{after}&{before}").period is None


def test_a_report_has_the_range_of_its_period() -> None:
    november, today = (report(f"period={name}") for name in ("2025-11_utc", "today"))
    other = replace(november, selection=today.selection)
    assert other.range == other.selection.range == november.period.range
    assert replace(november, period=today.period).range == today.range
    assert november.narrowed(user_ids=(7,)).range == november.range


@pytest.mark.parametrize(
    ("value", "is_wrong"), [("USD", False), ("x" * 21, True), ("%00", True), ("%20", True)]
)
def test_the_currency_to_rank_in_is_read_as_strictly(value: str, is_wrong: bool) -> None:
    if is_wrong:
        assert bad(f"ranked_in={value}", report, own=RANKED_IN) == {"ranked_in"}
    else:
        assert report(f"ranked_in={value}", own=RANKED_IN).ranked_in == value


def test_what_is_refused_is_named_with_all_else_that_is_wrong() -> None:
    refused = {"failure": "Not here.", "job_id": "Not here."}
    query = f"failure={'0' * 40}&user_id=x&job_id="
    assert bad(query, report, refused=refused) == {"failure", "user_id"}


def test_no_name_of_a_group_is_taken_for_none() -> None:
    names = ["", "-", "--", "-a", "a-", "研發部", " "]
    values = [group_value(name) for name in names]
    assert len(set(values)) == len(names)
    assert [group_of_value(value) for value in values] == names
    assert group_value("") == "-"
    with pytest.raises(ValueError, match="--a"):
        group_of_value("-a")


# ── periods ─────────────────────────────────────────────────────────────────────────────────────


def test_a_period_is_whole_local_days() -> None:
    with in_zones(Zones("Asia/Taipei")):
        found = read("period=7d")
        assert found.period is not None
        assert (found.period.first, found.period.last) == (
            date(2026, 3, 4),
            date(2026, 3, 10),
        )
        assert found.selection.range == found.period.range
        same = read("created_at_after=2026-03-04&created_at_before=2026-03-10")
        assert same.selection == found.selection
        assert same.period is not None


def test_a_time_of_day_is_no_whole_day() -> None:
    found = read("created_at_after=2026-03-04T00:00:00Z")
    assert found.period is None
    assert found.selection.range.start == datetime(2026, 3, 4, tzinfo=UTC)
    assert read("").period is None
    assert read("period=all", default_preset="7d").period is None


def test_the_default_period_gives_way_to_any_other() -> None:
    for query, first in (("", 1), ("period=today", 10), ("created_at_after=2026-03-09", 9)):
        found = report(query)
        assert (found.period.first, found.period.last) == (
            date(2026, 3, first),
            date(2026, 3, 10),
        )


@pytest.mark.django_db
def test_all_time_of_a_page_begins_with_the_ledger() -> None:
    assert (report("period=all").period.first, report("period=all").period.length) == (
        date(2026, 3, 10),
        1,
    )
    write(row(created_at=datetime(2025, 12, 30, 8)), row(created_at=None))
    found = report("period=all").period
    assert (found.first, found.last) == (date(2025, 12, 30), date(2026, 3, 10))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("created_at_before=2026-03-09", "created_at_after"),
        ("created_at_after=2026-03-09T10:00", "created_at_after"),
    ],
)
def test_a_page_of_period_wants_period(query: str, name: str) -> None:
    assert bad(query, report) == {name}


# ── effect ──────────────────────────────────────────────────────────────────────────────────────


def at_least(name: str, bound: Any) -> Meaning:
    return lambda row: row[name] is not None and row[name] >= bound


def at_most(name: str, bound: Any) -> Meaning:
    return lambda row: row[name] is not None and row[name] <= bound


def failed_with(row: Row, message: str, *users: int) -> bool:
    is_it = (row["error_message"] or "").strip() == message and not row["success"]
    return is_it and (not users or row["user_id"] in users)


EFFECTS: list[tuple[str, Meaning]] = [
    ("user_id=1", lambda row: row["user_id"] == 1),
    ("user_id=1&user_id=3", lambda row: row["user_id"] in (1, 3)),
    (f"user_id={2**40}", lambda row: False),
    ("job_id=2", lambda row: row["job_id"] == 2),
    ("success=true", lambda row: row["success"] is True),
    ("success=False", lambda row: row["success"] is not True),
    ("has_error=true", lambda row: bool(row["error_message"])),
    ("has_error=false", lambda row: not row["error_message"]),
    ("currency=USD", lambda row: oracle.currency(row) == "USD"),
    ("currency=usd%20", lambda row: oracle.currency(row) == "usd"),
    ("currency=none", lambda row: oracle.currency(row) == "none"),
    ("cost_min=0", at_least("cost", 0)),
    ("cost_min=0.3333", at_least("cost", Decimal("0.3333"))),
    # Between what the column can hold: towards what the bound lets through.
    ("cost_min=0.33330001", at_least("cost", Decimal("0.3334"))),
    ("cost_max=0.33329999", at_most("cost", Decimal("0.3332"))),
    ("cost_max=1e-4", at_most("cost", Decimal("0.0001"))),
    ("response_time_ms_min=50", at_least("response_time_ms", 50)),
    ("response_time_ms_max=0", at_most("response_time_ms", 0)),
    ("unknown_cost=unpriced", oracle.is_unpriced),
    ("unknown_cost=rounded_away", oracle.is_rounded_away),
    ("unknown_cost=no_usage", oracle.is_without_usage),
    (f"failure={fingerprint('FAILED ')}", lambda row: failed_with(row, "failed")),
    (f"failure={fingerprint('')}", lambda row: failed_with(row, "")),
    (f"failure={fingerprint('failed')}&success=true", lambda row: False),
    (f"failure={fingerprint('failed')}&user_id=1", lambda row: failed_with(row, "failed", 1)),
    (f"failure={fingerprint('never')}", lambda row: False),
    ("success=false&cost_min=0", lambda row: not row["success"] and at_least("cost", 0)(row)),
]


def endpoint_effect(name: str) -> tuple[str, Meaning]:
    query = QueryDict(mutable=True)
    query["api_endpoint"] = name
    return query.urlencode(), lambda row: oracle.endpoint(row) == name.rstrip(" ")


# No value is no filter.
EFFECTS += [endpoint_effect(name) for name in ENDPOINTS if name.strip()]


def test_every_filter_is_tried() -> None:
    tried = {name for query, _meaning in EFFECTS for name in QueryDict(query)}
    # Who is in a group is no matter of the row: tests/admin/test_groups.py.
    missing = call_filters().keys() - tried - {"group"}
    assert not missing, "EFFECTS says of each filter which calls it lets through"


def calls(query: str) -> QuerySet[APIUsageStats]:
    return read(query).of_kind.narrow(APIUsageStats.objects.all())


@pytest.mark.django_db
@given(ledgers)
@settings(max_examples=15)
def test_every_filter_lets_through_what_the_oracle_does(ledger: Ledger) -> None:
    with in_zones(ledger.zones), rolled_back():
        write(*ledger.rows)
        every = list(APIUsageStats.objects.order_by("pk").values_list("pk", flat=True))
        for query, meaning in [*EFFECTS, *(time_effect(ledger) for _time in range(5))]:
            found = calls(query).order_by("pk").values_list("pk", flat=True)
            meant = [pk for pk, row in zip(every, ledger.rows, strict=True) if meaning(row)]
            assert list(found) == meant, query


def time_effect(ledger: Ledger) -> tuple[str, Meaning]:
    # The oracle reads the text: with its offset, a time that the clock skips is another moment.
    start, end = _text(ledger.bound()), _text(ledger.bound())
    query = QueryDict(mutable=True)
    for name, bound in (("created_at_after", start), ("created_at_before", end)):
        if bound is not None:
            query[name] = bound
    if wrong(query):
        return "", lambda row: True
    return query.urlencode(), lambda row: oracle.is_between(row, start, end, ledger.zones)


def _text(bound: oracle.Bound) -> str | None:
    return bound if bound is None or isinstance(bound, str) else bound.isoformat()


@pytest.mark.django_db
def test_a_preset_lets_through_the_calls_of_its_days() -> None:
    today = NOW.date()
    rows = write(
        *(row(created_at=datetime(2026, 3, 10) - timedelta(hours=7 * n)) for n in range(90)),
        row(created_at=None),
    )
    for preset, first in (
        ("today", today),
        ("7d", date(2026, 3, 4)),
        ("this_month", date(2026, 3, 1)),
    ):
        days = range_of_days(first, today, UTC)
        meant = [
            row for row in rows if oracle.is_between(row, days.start, days.end, Zones("UTC", "UTC"))
        ]
        assert calls(f"period={preset}").count() == len(meant) > 0
    assert calls("period=all").count() == 91
