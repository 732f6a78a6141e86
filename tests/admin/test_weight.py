"""What the overview weighs: at most 110 KB of HTML, whatever the preset, with two currencies."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from stats.core.periods import ALL, PRESETS
from stats.models import EndUser
from tests.admin.conftest import NOW
from tests.ledger import row, write

pytestmark = pytest.mark.once

MOST_BYTES = 110_000
ENDPOINTS = [
    "/chat-messages", "/workflows/run", "/completion-messages", "/audio-to-text",
    "/text-to-audio", "/files/upload", "/knowledge/retrieve",
]  # fmt: skip


@pytest.fixture
def busy(superuser: User) -> Client:
    """200 days on which two currencies, seven endpoints and thirty users have figures of their
    own, read by the account whose menu is longest."""
    for pk in range(1, 31):
        EndUser.objects.create(pk=pk, name=f"mchen{pk} 陳美{pk}")
    write(
        *(
            row(
                user_id=n % 30 + 1,
                api_endpoint=ENDPOINTS[n % 7],
                prompt_price_unit=("USD", "TWD")[n % 2],
                cost=f"{(2 + n * 37 % 97) * (1, 31)[n % 2]}.{n % 89:02}",
                prompt_tokens=1_000_000 + n * 7919,
                completion_tokens=200_000 + n * 101,
                total_tokens=1_200_000 + n * 8020,
                success=bool(n % 11),
                error_message=None if n % 11 else f"upstream answered 504 after {n % 60} s",
                created_at=(NOW - timedelta(hours=3 * n)).replace(tzinfo=None),
            )
            for n in range(200 * 8)
        )
    )
    client = Client()
    client.force_login(superuser)
    return client


def test_the_overview_is_light(busy: Client) -> None:
    # Of both languages the one with more bytes.
    busy.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hant"
    queries = [
        *({"period": preset} for preset in (*PRESETS, ALL)),
        {"period": "90d", "api_endpoint": "/completion-messages"},
        {"period": "90d", "success": "true"},
        {"period": "90d", "user_id": "4"},
        {"period": "90d", "currency": "USD"},
    ]
    sizes = {str(query): len(busy.get("/admin/", query).content) for query in queries}
    assert sizes["{'period': '90d'}"] > 90_000
    assert {query: size for query, size in sizes.items() if size > MOST_BYTES} == {}
