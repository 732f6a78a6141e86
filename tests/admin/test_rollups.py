"""The page of the sums: how far they have come, and what is wrong with them."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from stats.models import UNDATED, APIUsageStats, FoldState
from stats.rollups import rebuilding, verifying
from stats.rollups.filling import fill_month
from tests.admin.conftest import NOW, at
from tests.ledger import row, write
from tests.rollups import added
from tests.rollups.folded import fold_all, ids

pytestmark = pytest.mark.django_db(transaction=True)
ANOTHER_TABLE = "The rollups include calls that the table no longer has"
OTHER_ZONES = "The rollups were built for other time zones"


@pytest.fixture(autouse=True)
def folded(clock: Any, settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
    write(row(created_at=at(3)), row(created_at=at(4)), row(created_at=None))
    fold_all(now=NOW)


def page(client: Client) -> str:
    answer = client.get("/admin/reports/rollups/")
    assert answer.status_code == 200
    return answer.content.decode()


def items(text: str) -> list[str]:
    """What the lists of the page name."""
    (content,) = re.findall(r'<main id="content.*</main>|<div id="content.*', text, re.S)
    found = re.findall(r"<li>(.*?)</li>", content, re.S)
    return [" ".join(item.split()) for item in found]


def test_all_is_well(analyst: Client) -> None:
    verifying.verify(NOW)
    text = page(analyst)
    assert "At 24 Nov 2026, 15:42:00 UTC all rollups agreed with the calls" in text
    assert ANOTHER_TABLE not in text
    assert OTHER_ZONES not in text


def test_before_the_first_verification(analyst: Client) -> None:
    assert "have not been compared with the calls yet" in page(analyst)


def test_a_restored_table(analyst: Client) -> None:
    APIUsageStats.objects.filter(created_at=None)._raw_delete("default")
    text = page(analyst)
    assert ANOTHER_TABLE in text
    assert "manage.py fold_usage</code> says how" in text


def test_other_zones(analyst: Client, settings: Any) -> None:
    settings.DATABASE_TIME_ZONE = "Asia/Taipei"
    text = page(analyst)
    assert OTHER_ZONES in text
    assert "manage.py fold_usage</code> says how" in text


def test_days_that_differ(analyst: Client) -> None:
    APIUsageStats.objects.filter(pk__in=[ids()[0], ids()[-1]]).update(cost=99)
    assert set(verifying.verify(NOW)) == {UNDATED, date(2026, 11, 3)}
    text = page(analyst)
    assert "manage.py verify_usage --repair" in text
    assert items(text) == ["calls without a time", "3 Nov 2026"]


def test_a_purge(analyst: Client) -> None:
    FoldState.objects.update(purged_before=date(2026, 11, 4))
    assert re.search(r'<td class="number"\s*>4 Nov 2026</td', page(analyst))


def test_a_clock_that_was_ahead_and_calls_to_come(analyst: Client) -> None:
    assert "a clock is or was wrong" not in page(analyst)
    assert "dated in the future" not in page(analyst)
    FoldState.objects.update(folded_at=NOW + timedelta(days=400))
    write(row(created_at=datetime(2031, 1, 1)), row(created_at=datetime(9999, 1, 1)))
    text = page(analyst)
    assert "a clock is or was wrong" in text
    assert "2 calls are dated in the future" in text


def test_rollups_that_are_not_filled_yet(analyst: Client) -> None:
    new = "These rollups are new and not filled yet"
    assert new not in page(analyst)
    # As a version without these left it.
    FoldState.objects.update(fills=None)
    with added.migrated(), added.version(added.NEW_GRAINS):
        text = page(analyst)
        assert new in text
        assert items(text) == ["stats_dayjob: not started", "stats_monthendpoint: not started"]
        fill_month()
        fill_month()
        assert "stats_dayjob: filled before 1 Dec 2026" in items(page(analyst))
        FoldState.objects.update(purged_before=date(2026, 11, 4))
        while fill_month():
            pass
        text = page(analyst)
        assert new not in text
        assert "stats_dayjob: from 4 Nov 2026 on" in items(text)


def test_before_the_first_fold(analyst: Client) -> None:
    rebuilding.rebuild_everything()
    assert re.search(r'<td class="number"\s*>none yet</td', page(analyst))
