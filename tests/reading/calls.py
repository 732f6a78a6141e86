"""A ledger in which no two figures are alike, written past our code.

Days are read in Asia/Taipei while the column holds UTC, so that no day is taken for another. Users
are many enough for "n others"; one is gone, one is new, one has no name and one no calls.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
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
# What failures say begins like this; alike but for the numbers in it.
TIMEOUT, QUOTA, LONG = "Upstream answered 504 after", "quota exceeded & <b>spent</b>", "Traceback: "
KINDS = (TIMEOUT, QUOTA, LONG, "")


@dataclass(frozen=True)
class Variant:
    """A ledger, the period asked for, and the exact stretches of time that are compared."""

    name: str
    currencies: Sequence[str | None]
    query: dict[str, str] = field(hash=False)
    now: tuple[datetime, datetime]
    # None where the ledger is too young.
    before: tuple[datetime, datetime] | None
    has_failures: bool = True

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
# A day more than September.
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
# As none of them is: every call succeeded.
SOUND = Variant("sound", ("USD",), {}, _NOVEMBER, _OCTOBER, has_failures=False)


def written(variant: Variant) -> None:
    """The ledger of `variant`, in the tables."""
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO dt_users (id, name) VALUES (%s, %s)", list(USERS.items()))
        cursor.executemany(
            "INSERT INTO dt_translation_jobs (id, name) VALUES (%s, %s)", list(JOBS.items())
        )
    write(*_calls(variant))


@cache
def _calls(variant: Variant) -> Sequence[Row]:
    """With ids of their own, so that pages of the same variant are the same on any server."""
    made = ({**call, "id": number} for number, call in enumerate(_made(variant), 1))
    if variant.has_failures:
        return tuple(made)
    return tuple({**call, "success": True, "error_message": None} for call in made)


def _made(variant: Variant) -> Iterator[Row]:
    now = [user for user in USERS if user not in (GONE, 12)]
    before = [user for user in USERS if user not in (NEW, 12)]
    yield from _during(variant, *variant.now, 420, now, seed=1)
    if variant.before:
        first, last = variant.before
        yield from _during(variant, first, last, 230, before, seed=2)
        # Later than what is compared, and so long ago that the ledger is older than both periods.
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
        # The first and last of the users once more than chance would have it.
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
        # Dify counts some tokens that are neither.
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
    """Most are quick, some take long; p50, p95 and p99 lie far apart."""
    shape = 0.55 + ENDPOINTS.index(endpoint) / 20
    return int(90 * chance.paretovariate(shape)) % 70_000


def _oddity(chance: random.Random, number: int) -> Row:
    """What is not as usual about a call: failed, without a time, a price or any usage."""
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


def days(stretch: tuple[datetime, datetime]) -> list[date]:
    """The local days of a stretch of time."""
    first, last = stretch[0].date(), stretch[1].date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
