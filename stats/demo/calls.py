"""The calls of an invented translation company. Equal arguments give equal calls."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import accumulate

from stats.core.periods import DAY, local_day, start_of_day
from stats.ingest.validation import NewCall

# The first one starts late and the second one stops early, for the page "What changed".
USER_NAMES = (
    "hwu 吳慧君",
    "kyang 楊凱文",
    "wchen 陳偉",
    "jhuang 黃俊傑",
    "ylin 林雅婷",
    "mwang 王美玲",
    "stsai 蔡淑芬",
    "cchang 張志豪",
    "phsu 許佩珊",
    "ycheng 鄭宇翔",
    "tliu 劉庭瑋",
    "ahsieh 謝安琪",
    "rkuo 郭睿",
    "lchou 周立安",
)
USER_WEIGHTS = (9, 8, 14, 11, 10, 9, 10, 12, 8, 5, 6, 3, 2, 1)
# By user; the last one is in none. One moves to another group in the middle of a month or so.
USER_GROUPS = (
    "Translation",
    "Translation",
    "Support",
    "Translation",
    "Marketing",
    "Translation",
    "Marketing",
    "Translation",
    "Support",
    "Legal",
    "R&D",
    "Legal",
    "R&D",
    "",
)
MOVED_USER, MOVED_TO, MOVED_DAYS_AGO = 4, "Translation", 39
NEWCOMER_DAYS = 20
GONE_FOR_DAYS = 25

DOCUMENTS = (
    "Website relaunch",
    "Support macros",
    "Works council notes",
    "Spring catalogue",
    "Patent TW-1149",
    "Supply agreement",
    "NDA 2026-118",
    "Annual report ch. 4",
    "Safety data sheet",
    "Press kit",
)
DIRECTIONS = ("ZH→EN", "EN→ZH", "ZH→JA", "DE→ZH", "EN→TH")
JOBS_PER_USER = 4
CALLS_WITH_A_JOB = 0.7

# Weights of Monday to Sunday, and of the hours of a local day.
WEEKDAY_WEIGHTS = (1.0, 1.05, 1.1, 1.0, 0.95, 0.12, 0.08)
FRIDAY = 4
HOUR_WEIGHTS = (1, 1, 1, 1, 1, 1, 2, 5, 18, 40, 46, 38, 20, 34, 44, 42, 36, 22, 9, 6, 5, 4, 3, 2)
# How much more is done at the end of a year than at its beginning.
YEARLY_GROWTH = 1.1

# The last working day before today: one user lets a batch run, beside what they do anyway.
BATCH_USER, BATCH_PART = 9, 0.45
# A working day before that: for some hours, most calls of one endpoint fail.
INCIDENT_DAYS_AGO = 8
INCIDENT_HOURS = range(9, 15)
INCIDENT_RATE = 0.7
INCIDENT = ("503: the provider's model is overloaded", 1, 30_200)
# Before that, a part of the calls was billed by a provider of the country.
DOLLARS_SINCE_DAYS = 150
FORMER_CURRENCY, FORMER_RATE = "TWD", 32


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A typical call: tokens, prices in USD per million tokens, time in ms."""

    path: str
    weight: int
    tokens_in: int
    tokens_out: int
    price_in: int
    price_out: int
    response_ms: int


ENDPOINTS = (
    Endpoint("/chat-messages", 46, 2_400, 420, 2, 8, 2_600),
    Endpoint("/workflows/run", 21, 6_800, 1_700, 3, 15, 7_400),
    Endpoint("/completion-messages", 20, 900, 240, 1, 3, 1_900),
    Endpoint("/datasets/retrieve", 9, 1_100, 0, 1, 0, 420),
    Endpoint("/audio-to-text", 3, 2_600, 300, 3, 6, 3_800),
    Endpoint("/text-to-audio", 1, 1_300, 0, 12, 0, 2_100),
)
FAILURE_RATE = 0.014
UNPRICED_RATE = 0.008
FAILURES = (
    ("rate_limit_exceeded: too many requests, retry in 20 s", 50, 600),
    ("504: upstream timed out after 60 s", 28, 60_400),
    ("context_length_exceeded: 131,204 tokens, limit 128,000", 8, 900),
    ("provider_quota_exceeded: the provider's quota is used up", 7, 500),
    ("invalid_param: inputs.target_lang is required", 4, 120),
)
# Of the incident, of the batch, and once billed in TWD.
BROKEN_ENDPOINT, BATCH_ENDPOINT = ENDPOINTS[:2]
FORMERLY_BILLED = ("/audio-to-text", "/text-to-audio", "/datasets/retrieve")
UNIT = Decimal("0.000001")


def job_names(users: int, seed: int) -> Iterator[tuple[int, str]]:
    """Jobs as pairs: index of the user, name."""
    rng = random.Random(seed)  # noqa: S311 (plausible, not secret)
    for user in range(users):
        for document in rng.sample(DOCUMENTS, JOBS_PER_USER):
            yield user, f"{document} {rng.choice(DIRECTIONS)}"


def plausible_calls(
    users: Sequence[int],
    jobs: Mapping[int, Sequence[int]],
    count: int,
    days: int,
    seed: int,
    now: datetime,
    zone: tzinfo,
) -> Iterator[NewCall]:
    """`count` calls over the last `days` local days up to `now`, in the order of their times.

    `users` are the ids of `USER_NAMES`, in that order; `jobs` has the ids of each user's jobs.
    """
    rng = random.Random(seed)  # noqa: S311 (plausible, not secret)
    company = _Company(users, jobs, rng)
    today = local_day(now, zone)
    for day, calls in _calls_per_day(count, days, rng, now, zone):
        of_day = company.on(day, today)
        for moment in sorted(_moments(day, calls, rng, now, zone)):
            is_broken = of_day.has_incident and moment.astimezone(zone).hour in INCIDENT_HOURS
            yield company.call(of_day, moment, is_broken)


@dataclass(frozen=True, slots=True)
class _Day:
    """What a day is like: the cumulative weights of its users, and what happens."""

    team: list[float]
    has_batch: bool
    has_incident: bool
    is_in_dollars: bool


class _Company:
    """Draws calls from one random generator."""

    def __init__(
        self, users: Sequence[int], jobs: Mapping[int, Sequence[int]], rng: random.Random
    ) -> None:
        self.users = users
        self.jobs = jobs
        self.rng = rng
        self.endpoint_weights = list(accumulate(endpoint.weight for endpoint in ENDPOINTS))
        self.failure_weights = list(accumulate(weight for _message, weight, _ms in FAILURES))

    def on(self, day: date, today: date) -> _Day:
        days_ago = (today - day).days
        return _Day(
            self._team(days_ago),
            has_batch=day == last_working_day(today - DAY),
            has_incident=day == last_working_day(today - INCIDENT_DAYS_AGO * DAY),
            is_in_dollars=days_ago < DOLLARS_SINCE_DAYS,
        )

    def _team(self, days_ago: int) -> list[float]:
        weights = list(USER_WEIGHTS)
        if days_ago > NEWCOMER_DAYS:
            weights[0] = 0
        if days_ago < GONE_FOR_DAYS:
            weights[1] = 0
        return list(accumulate(weights))

    def call(self, day: _Day, moment: datetime, is_broken: bool) -> NewCall:
        """A call of a day; `is_broken` while the incident lasts."""
        if day.has_batch and self.rng.random() < BATCH_PART:
            user, endpoint = self.users[BATCH_USER], BATCH_ENDPOINT
        else:
            (user,) = self.rng.choices(self.users, cum_weights=day.team)
            (endpoint,) = self.rng.choices(ENDPOINTS, cum_weights=self.endpoint_weights)
        call = NewCall(
            user_id=user,
            job_id=self.rng.choice(self.jobs[user])
            if self.rng.random() < CALLS_WITH_A_JOB
            else None,
            api_endpoint=endpoint.path,
            prompt_tokens=0,
            completion_tokens=0,
            total_tokens=0,
            prompt_unit_price=Decimal(0),
            prompt_price_unit="USD",
            cost=Decimal(0),
            response_time_ms=None,
            success=True,
            error_message=None,
            created_at=moment,
        )
        if is_broken and endpoint is BROKEN_ENDPOINT and self.rng.random() < INCIDENT_RATE:
            self._fail(call, INCIDENT)
        elif self.rng.random() < FAILURE_RATE:
            (failure,) = self.rng.choices(FAILURES, cum_weights=self.failure_weights)
            self._fail(call, failure)
        else:
            self._succeed(call, endpoint)
            if not day.is_in_dollars and endpoint.path in FORMERLY_BILLED:
                _bill_formerly(call)
        return call

    def _succeed(self, call: NewCall, endpoint: Endpoint) -> None:
        size = self.rng.lognormvariate(-0.12, 0.5)
        tokens_in, tokens_out = int(endpoint.tokens_in * size), int(endpoint.tokens_out * size)
        call.prompt_tokens, call.completion_tokens = tokens_in, tokens_out
        call.total_tokens = tokens_in + tokens_out
        if self.rng.random() >= UNPRICED_RATE:
            micros = tokens_in * endpoint.price_in + tokens_out * endpoint.price_out
            call.prompt_unit_price = endpoint.price_in * UNIT
            call.cost = Decimal((micros + 50) // 100).scaleb(-4)
        call.response_time_ms = int(endpoint.response_ms * size * self.rng.lognormvariate(0, 0.35))

    def _fail(self, call: NewCall, failure: tuple[str, int, int]) -> None:
        call.success = False
        call.error_message, _weight, response_ms = failure
        call.response_time_ms = int(response_ms * self.rng.uniform(0.9, 1.3))


def last_working_day(day: date) -> date:
    """The day itself, or the Friday before a Saturday or Sunday."""
    return day - max(0, day.weekday() - FRIDAY) * DAY


def _bill_formerly(call: NewCall) -> None:
    call.prompt_price_unit = FORMER_CURRENCY
    call.prompt_unit_price = (call.prompt_unit_price or Decimal(0)) * FORMER_RATE
    call.cost = (call.cost or Decimal(0)) * FORMER_RATE


def _calls_per_day(
    count: int, days: int, rng: random.Random, now: datetime, zone: tzinfo
) -> Iterator[tuple[date, int]]:
    """Each local day and its number of calls; today's is in proportion to the hours passed."""
    today = local_day(now, zone)
    weights = []
    for ago in range(days - 1, -1, -1):
        weekday = WEEKDAY_WEIGHTS[(today - ago * DAY).weekday()]
        growth = 1 + YEARLY_GROWTH * (days - ago) / 365
        weights.append(weekday * growth * rng.uniform(0.8, 1.2))
        if today - ago * DAY == last_working_day(today - DAY):
            weights[-1] /= 1 - BATCH_PART
    weights[-1] *= _passed_of_today(now, zone)
    shares = list(accumulate(weights))
    done = 0
    for ago, share in zip(range(days - 1, -1, -1), shares, strict=True):
        until = round(count * share / shares[-1])
        yield today - ago * DAY, until - done
        done = until


def _passed_of_today(now: datetime, zone: tzinfo) -> float:
    local = now.astimezone(zone)
    passed = sum(HOUR_WEIGHTS[: local.hour]) + HOUR_WEIGHTS[local.hour] * local.minute / 60
    return max(passed, 0.1) / sum(HOUR_WEIGHTS)


def _moments(
    day: date, count: int, rng: random.Random, now: datetime, zone: tzinfo
) -> Iterator[datetime]:
    """Times of the calls of a local day in UTC, mostly in office hours, none after `now`."""
    start = start_of_day(day, zone)
    elapsed = max(0, int((now - start).total_seconds()))
    hours = range(min(24, elapsed // 3600 + 1))
    # Of the running hour, only what has passed.
    lengths = [min(3600, elapsed - hour * 3600 + 1) for hour in hours]
    weights = (HOUR_WEIGHTS[hour] * lengths[hour] for hour in hours)
    for hour in rng.choices(hours, cum_weights=list(accumulate(weights)), k=count) if count else ():
        seconds = hour * 3600 + rng.randrange(lengths[hour])
        yield (start + timedelta(seconds=seconds)).astimezone(UTC)
