"""Ledgers in which no two figures are equal, written without the application's code.

Days are in Asia/Taipei and the column in UTC, so that a wrong day shows. There are enough users for
"n others"; one is gone, one is new, one has no name, one has no calls.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection

from tests.ledger import row, write
from tests.oracle import Row, Zones

ZONES = Zones("Asia/Taipei", "UTC")
ZONE = ZoneInfo(ZONES.reading)
# Tuesday the 24th, 14:42 in Taipei.
NOW = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)

USERS = {
    1: "Ann Lee",
    2: "Bob",
    3: "<i>Eve & Co</i>",
    4: "陳美玲",
    5: "Finn",
    6: "Grace",
    7: "Hugo",
    8: "",
    9: "Ida",
    10: "Jun",
    11: "Kim",
    12: "Nobody",
}
GONE, NEW = 9, 10
JOBS = {101: "Patent 7", 102: "Manual", 103: "Lease <draft>", 104: "", 105: "Novel", 106: "Menu",
        107: "Thesis", 108: "Letter", 109: "Contract", 110: "Poem"}  # fmt: skip
ENDPOINTS = (
    "/chat-messages",
    "/workflows/run",
    "/completion-messages",
    "/v1/<embed>&rank",
    "/audio-to-text",
    "/text-to-audio",
    "/datasets",
    "/files/upload",
    "/summaries",
    "/ocr",
)
# The beginnings of failures' messages, which go on with different numbers.
TIMEOUT, QUOTA, LONG = "Upstream answered 504 after", "quota exceeded & <b>spent</b>", "Traceback: "
KINDS = (TIMEOUT, QUOTA, LONG, "")


@dataclass(frozen=True)
class Variant:
    """A ledger, its period, and the exact ranges of time that are compared."""

    name: str
    currencies: Sequence[str | None]
    query: dict[str, str]
    now: tuple[datetime, datetime]
    # None if the ledger is too young.
    before: tuple[datetime, datetime] | None

    def __str__(self) -> str:
        return self.name

    @property
    def is_running(self) -> bool:
        return self.now[1] >= NOW

    @property
    def is_mixed(self) -> bool:
        return len(self.currencies) > 1


def _local(year: int, month: int, day: int, clock: str = "00:00:00") -> datetime:
    return datetime.fromisoformat(f"{year}-{month:02}-{day:02}T{clock}").replace(tzinfo=ZONE)


_END = "23:59:59"
_NOVEMBER = (_local(2026, 11, 1), _local(2026, 11, 24, _END))
_OCTOBER = (_local(2026, 10, 1), _local(2026, 10, 24, "14:42:00"))
_SEPTEMBER = (_local(2026, 9, 1), _local(2026, 9, 30, _END))
# Has a day more than September.
_AUGUST = (_local(2026, 8, 1), _local(2026, 8, 31, _END))

RUNNING = Variant("running", ("USD",), {}, _NOVEMBER, _OCTOBER)
MIXED = Variant("mixed", ("USD", "RMB", "<i>", None), {}, _NOVEMBER, _OCTOBER)
CLOSED = Variant(
    "closed",
    ("USD",),
    {"created_at_after": "2026-09-01", "created_at_before": "2026-09-30"},
    _SEPTEMBER,
    _AUGUST,
)
YOUNG = Variant("young", ("USD",), {}, _NOVEMBER, None)
VARIANTS = (RUNNING, MIXED, CLOSED, YOUNG)


def written(variant: Variant) -> None:
    """Write the ledger of `variant`."""
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO dt_users (id, name) VALUES (%s, %s)", list(USERS.items()))
        cursor.executemany(
            "INSERT INTO dt_translation_jobs (id, name) VALUES (%s, %s)", list(JOBS.items())
        )
    write(*_calls(variant))


def _calls(variant: Variant) -> Iterator[Row]:
    now = [user for user in USERS if user not in (GONE, 12)]
    before = [user for user in USERS if user not in (NEW, 12)]
    yield from _during(variant, *variant.now, 420, now, seed=1)
    if variant.before:
        first, last = variant.before
        yield from _during(variant, first, last, 230, before, seed=2)
        # Calls after the compared range, and calls so old that the ledger is older than both
        # periods.
        if variant.is_running:
            yield _one(variant, 1, last + timedelta(hours=2), cost="977.77")
        yield _one(variant, 2, first - timedelta(days=40), cost="613.13")
        yield {**row(user_id=3, cost="55.55"), "created_at": None}


def _one(variant: Variant, user: int, moment: datetime, cost: str) -> Row:
    return row(user_id=user, cost=cost, prompt_price_unit="USD", created_at=_naive(moment))


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _during(
    variant: Variant, first: datetime, last: datetime, count: int, users: list[int], seed: int
) -> Iterator[Row]:
    chance = random.Random(f"{variant.currencies} {seed}")
    last = min(last, NOW - timedelta(minutes=25))
    seconds = int((last - first).total_seconds())
    for number in range(count):
        # Each user at least once, the first ones more often.
        user = users[number] if number < len(users) else chance.choice(users[: 3 + number % 9])
        moment = first + timedelta(seconds=seconds * number // (count - 1))
        yield _call(chance, number, user, moment, chance.choice(variant.currencies))


def _call(
    chance: random.Random, number: int, user: int, moment: datetime, currency: str | None
) -> Row:
    tokens_in, tokens_out = chance.randint(40_000, 190_000), chance.randint(1_000, 31_000)
    endpoint = ENDPOINTS[min(int(chance.expovariate(0.5)), 9) if number > 9 else number]
    call = row(
        user_id=user,
        job_id=chance.choice([101, 101, 101, 101, None, None, *JOBS]),
        api_endpoint=endpoint,
        prompt_tokens=tokens_in,
        completion_tokens=tokens_out,
        # Dify also counts tokens that are neither in nor out.
        total_tokens=tokens_in + tokens_out + chance.randint(1, 9_000),
        prompt_unit_price=Decimal("0.00042"),
        prompt_price_unit=currency,
        cost=Decimal(chance.randint(2, 120_000)) / 10_000,
        response_time_ms=_time(chance, endpoint),
        success=True,
        created_at=_naive(moment),
    )
    return {**call, **_oddity(chance, number)}


def _time(chance: random.Random, endpoint: str) -> int:
    """Most calls are fast, some slow: p50, p95 and p99 differ much."""
    shape = 0.55 + ENDPOINTS.index(endpoint) / 20
    return int(90 * chance.paretovariate(shape)) % 70_000


def _oddity(chance: random.Random, number: int) -> Row:
    """The unusual columns of a call: failed, or without a time, price or usage."""
    match number % 13:
        case 3:
            return {"success": False, "error_message": f"{TIMEOUT} {chance.randint(10, 99)} s"}
        case 5:
            return {"success": False, "error_message": QUOTA, "response_time_ms": None}
        case 7 if number % 3 == 0:
            return {"success": None, "error_message": None}
        case 8 if number % 2:
            return {"cost": None, "prompt_unit_price": None}
        case 9 if number % 3 == 1:
            return {"cost": Decimal("0.0000")}
        case 10 if number % 5 == 0:
            nothing = ("prompt_tokens", "completion_tokens", "total_tokens", "cost")
            return dict.fromkeys((*nothing, "prompt_unit_price"))
        case 12 if number % 4 == 0:
            return {"success": False, "error_message": LONG + "no route to host, " * 20}
    return {}


def days(interval: tuple[datetime, datetime]) -> list[date]:
    """The local days of a range of time."""
    first, last = interval[0].date(), interval[1].date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
