"""More endpoints and currencies than the sums tell apart: the rest are others, and all is exact."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.models import APIUsageStats, CurrencyName, DayEndpoint, EndpointName
from stats.query import answer, engine, latency, plan
from stats.query.failures import failure_groups
from stats.query.listing import listed
from stats.query.selection import Selection
from stats.rollups import rebuilding, state, verifying
from stats.rollups.texts import CURRENCIES, ENDPOINTS, Texts
from tests.generated import Ledger, ledgers
from tests.ledger import cleared, in_zones, row, write
from tests.oracle import Rows, currency, endpoint, selected
from tests.rollups.folded import NOW, fold_all, grouped

CACHES = (
    answer._state_version,
    state._rollup_state,
    plan._compiled_of_sums,
    plan._compiled_of_calls,
)


@pytest.fixture(autouse=True)
def few_numbers() -> Iterator[None]:
    """Three endpoints and two currencies have numbers; what was compiled says otherwise."""
    before = [(texts, texts.most) for texts in (ENDPOINTS, CURRENCIES)]
    _give(zip((ENDPOINTS, CURRENCIES), (3, 2), strict=True))
    yield
    _give(before)


def _give(numbers: Any) -> None:
    for texts, most in numbers:
        object.__setattr__(texts, "most", most)
    for cache in CACHES:
        cache.cache_clear()


def told(texts: Texts, text: str) -> str:
    """A text as reports tell it now."""
    names = set(texts.names._default_manager.values_list("text", flat=True))
    return text if text in names or len(names) < texts.most else texts.others


def by_endpoint(rows: Rows) -> dict[str, Rows]:
    groups = grouped(rows, [lambda each: told(ENDPOINTS, endpoint(each))])
    return {key: found for (key,), found in groups.items()}


@pytest.mark.django_db(transaction=True)
@given(ledgers, st.integers(0, 16))
@settings(max_examples=25)
def test_reports_are_exact_whatever_is_told_apart(ledger: Ledger, folded: int) -> None:
    with cleared(), in_zones(ledger.zones):
        write(*ledger.rows[:folded])
        fold_all()
        write(*ledger.rows[folded:])
        range = ledger.range()
        rows = selected(ledger.rows, Selection(range), ledger.zones)
        found = engine.by_endpoint(Selection(range))
        expected = by_endpoint(rows)
        assert {key: each.calls for key, each in found.items()} == {
            key: len(group) for key, group in expected.items()
        }
        for key, group in expected.items():
            of_endpoint = Selection(range, endpoint=key)
            if key == ENDPOINTS.others:
                assert engine.total(of_endpoint).calls == len(group)
        for each in rows:
            narrow = Selection(range, endpoint=endpoint(each), currency=currency(each))
            alike = selected(rows, narrow, ledger.zones)
            assert engine.total(narrow).calls == len(alike)
        assert verifying.verify(NOW) == []


NOON = datetime(2026, 3, 10, 12)


@pytest.fixture
def flooded(transactional_db: None) -> None:
    """Two endpoints that come again, and an id in the path of every other call."""
    write(
        *(row(api_endpoint="/chat", created_at=NOON + timedelta(minutes=n)) for n in range(7)),
        *(row(api_endpoint="/run", created_at=NOON + timedelta(minutes=n)) for n in range(5)),
        *(
            row(
                api_endpoint=f"/documents/{n}",
                prompt_price_unit=f"C{n}",
                success=n % 2 == 0,
                error_message="failed" if n % 2 else None,
                created_at=NOON + timedelta(minutes=n),
            )
            for n in range(40)
        ),
    )
    fold_all()


@pytest.mark.usefixtures("flooded")
def test_the_frequent_ones_are_told_apart() -> None:
    found = {key: each.calls for key, each in engine.by_endpoint(Selection()).items()}
    assert found == {"/chat": 7, "/run": 5, "(other endpoints)": 40}
    assert EndpointName.objects.count() == 3
    assert engine.total(Selection()).costs.keys() == {"USD", "(other currencies)"}
    assert CurrencyName.objects.count() == 2
    # Of the others a row for each outcome and currency.
    assert DayEndpoint.objects.count() == 4


@pytest.mark.usefixtures("flooded")
def test_what_is_not_told_apart_is_asked_of_the_calls(settings: Any) -> None:
    one = Selection(endpoint="/documents/7")
    assert engine.total(one).calls == 1
    assert [call.api_endpoint for call in listed_calls(one)] == ["/documents/7"]
    settings.MOST_CALLS_READ = 10
    with pytest.raises(engine.TooManyCallsError):
        engine.total(one)
    assert engine.total(Selection(endpoint="/chat")).calls == 7


@pytest.mark.usefixtures("flooded")
def test_the_others_lead_to_their_calls() -> None:
    others = Selection(endpoint=ENDPOINTS.others)
    assert engine.total(others).calls == len(listed_calls(others)) == 40
    assert failure_groups(others)[0].per_endpoint == {"(other endpoints)": 20}
    _whole, times = latency.percentiles_in_all_and_by_endpoint(Selection())
    assert times.keys() == {"/chat", "/run", "(other endpoints)"}


def listed_calls(selection: Selection) -> list[APIUsageStats]:
    return listed(selection, newest_first=True, cursor="", size=50).calls


@pytest.mark.usefixtures("flooded")
def test_new_calls_of_them_are_others_at_once() -> None:
    write(row(api_endpoint="/documents/99", prompt_price_unit="C99"), row(api_endpoint="/run"))
    found = {key: each.calls for key, each in engine.by_endpoint(Selection()).items()}
    assert found == {"/chat": 7, "/run": 6, "(other endpoints)": 41}


@pytest.mark.usefixtures("flooded")
def test_sums_made_anew_give_the_numbers_to_those_that_are_frequent_now() -> None:
    write(*(row(api_endpoint="/new", created_at=NOON) for _n in range(9)))
    fold_all()
    assert "/new" not in engine.by_endpoint(Selection())
    rebuilding.rebuild_everything()
    fold_all()
    found = {key: each.calls for key, each in engine.by_endpoint(Selection()).items()}
    assert found == {"/new": 9, "/chat": 7, "(other endpoints)": 45}


@pytest.mark.usefixtures("flooded")
def test_it_is_told_where_the_sums_are(admin_client: Client) -> None:
    page = admin_client.get("/admin/reports/rollups/").content.decode()
    assert "There are more endpoints than the rollups keep apart" in page
    metrics = admin_client.get("/metrics").content.decode()
    assert "usage_ledger_endpoints_exhausted 1.0" in metrics
    assert "usage_ledger_currencies_exhausted 1.0" in metrics


@pytest.mark.usefixtures("transactional_db")
def test_a_chart_shows_some_currencies_and_says_how_many_others_there_are(
    admin_client: Client,
) -> None:
    _give([(CURRENCIES, 50)])
    write(*(row(prompt_price_unit=f"C{n:02}", created_at=NOON) for n in range(11)))
    march = "created_at_after=2026-03-01&created_at_before=2026-03-31"
    for path in ("", "reports/daily/"):
        page = admin_client.get(f"/admin/{path}?{march}").content.decode()
        assert "3 more currencies are in the exports" in page
        assert "Cost, C07" in page
        assert "Cost, C08" not in page
    file = admin_client.get(f"/admin/reports/daily/export.csv?{march}").getvalue().decode()
    assert "C10" in file
