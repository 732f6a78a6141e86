"""What each table of each page holds, asked of the calls in plain SQL.

A table is found by its page and its name, as the page's `data-table` and its files have it. A new
page's table is declared in `TABLES`, at the end of this file.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from tests.reading import figures
from tests.reading.calls import JOBS, KINDS, NOW, USERS, ZONE, Variant, days
from tests.reading.files import Beginning, Nearly
from tests.reading.headings import LANGUAGES
from tests.reading.sql import CURRENCY, Calls, Sums, as_day, day_of_taipei, together

USER, JOB, ENDPOINT = 1, 101, "/workflows/run"
# Compared with each other.
BESIDE = (1, 2, 3)
FOUR_WEEKS = timedelta(days=28)
UNNAMED = {"user": ("User {}", "使用者 {}"), "job": ("Job {}", "任務 {}")}
NO_GROUP, ALL_GROUPS = ("no group", "無群組"), ("All groups", "所有群組")
WITHOUT_A_JOB = ("without a job", "沒有任務")
NO_MESSAGE = ("no message", "沒有訊息")
FIGURE_COLUMNS = (
    "total_calls",
    "successful_calls",
    "failed_calls",
    "success_rate",
    "total_tokens",
    "prompt_tokens",
    "completion_tokens",
    "avg_response_time",
    "unpriced_calls",
    "rounded_away_calls",
    "no_usage_calls",
)
Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """A page under its parameters, over a ledger."""

    page: str
    variant: Variant
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def calls(self) -> Calls:
        """All that the page is about, whenever they were."""
        subject: dict[str, tuple[Any, ...]] = {
            "reports_user": ("user_id = %s", USER),
            "reports_job": ("job_id = %s", JOB),
            "reports_endpoint": ("api_endpoint = %s", ENDPOINT),
            "reports_compare": ("user_id IN (%s, %s, %s)", *BESIDE),
        }
        condition = subject.get(self.page)
        return Calls().that(*condition) if condition else Calls()

    @property
    def is_of_all_time(self) -> bool:
        """The page of months, if it is not asked for other days."""
        return self.page == "reports_months" and not self.variant.query

    @property
    def stretch(self) -> tuple[datetime, datetime]:
        if not self.is_of_all_time:
            return self.variant.now
        first = datetime.combine(self.first_day, time(), ZONE)
        return first, self.variant.now[1]

    @cached_property
    def first_day(self) -> date:
        """Of the ledger."""
        ((first,),) = Calls().ask(f"MIN({day_of_taipei()})")
        return as_day(first)

    @property
    def now(self) -> Calls:
        return self.calls.during(self.stretch)

    @property
    def compared(self) -> tuple[datetime, datetime] | None:
        return None if self.is_of_all_time else self.variant.before

    @property
    def before(self) -> Calls | None:
        return self.calls.during(self.compared) if self.compared else None

    @property
    def measure(self) -> str:
        default = "failures" if self.page == "reports_errors" else "cost"
        return self.parameters.get("rank", default)

    @cached_property
    def currencies(self) -> list[str]:
        """In which something cost something, dollars first."""
        costly = "COALESCE(cost, 0) <> 0"
        found = self.now.that(costly).distinct(CURRENCY)
        if self.before:
            found |= self.before.that(costly).distinct(CURRENCY)
        return sorted(found, key=lambda name: (name != "USD", name))

    @property
    def ranked_in(self) -> str:
        """The one currency of a ranking by cost where there are several; else empty."""
        if len(self.currencies) < 2 or self.measure != "cost":
            return ""
        return self.parameters.get("ranked_in", self.currencies[0])

    @property
    def currency(self) -> str:
        return self.ranked_in or (self.currencies[0] if self.currencies else "")


@dataclass(frozen=True)
class Row:
    """A row: what it is called in each language, and its columns by the names of the API."""

    labels: tuple[str, str]
    columns: Figures
    sums: Sums = field(default_factory=Sums)
    before: Sums | None = None
    is_gone: bool = False
    is_new: bool = False


@dataclass(frozen=True)
class Expected:
    """All rows in their order, and the total below them; `names` is the column of the labels."""

    names: str
    rows: Sequence[Row]
    total: Row | None = None
    # Headings that stand for another column here, in each language.
    headings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    # Makes the columns of some rows in one.
    combine: Callable[[Sequence[Row]], Figures] = lambda rows: {}
    # Those that are never rows of their own, on a page or in a file.
    unnamed: Sequence[Row] = ()

    @property
    def present(self) -> list[Row]:
        return [row for row in self.rows if not row.is_gone]

    @property
    def gone(self) -> list[Row]:
        return [row for row in self.rows if row.is_gone]


def figures_of(sums: Sums, currencies: Sequence[str], currency: str) -> dict[str, Any]:
    """The columns that sums make: the costs in one column, or in one for each currency."""
    columns: dict[str, Any] = {name: getattr(sums, name) for name in FIGURE_COLUMNS}
    if len(currencies) > 1:
        columns |= {f"costs.{name}": sums.costs.get(name, Decimal(0)) for name in currencies}
    else:
        columns |= {"total_cost": sums.total_cost, "currency": currency}
    return columns


def value_of(sums: Sums, measure: str) -> Any:
    names = {"cost": "total_cost", "calls": "total_calls", "tokens": "total_tokens",
             "failures": "failed_calls"}  # fmt: skip
    return getattr(sums, names[measure])


def share_of(part: Any, whole: Any) -> float | None:
    return float(part) / float(whole) * 100 if whole else None


def percent_more(now: Any, before: Any) -> float | None:
    return (float(now) - float(before)) / float(before) * 100 if before else None


# ── rankings ────────────────────────────────────────────────────────────────────────────────────


def ranked(
    case: Case,
    key: str,
    names: str,
    of_key: Callable[[Any], tuple[tuple[str, str], Figures]],
    *,
    is_compared: bool,
) -> Expected:
    """Groups by what is ranked by; ties by key, what has none last."""
    groups = case.now.in_currency(case.ranked_in).by(key)
    before = case.before.in_currency(case.ranked_in).by(key) if case.before else None
    before = before if is_compared else None
    measure = case.measure

    def order(sums: Mapping[Any, Sums]) -> list[Any]:
        return sorted(
            sums,
            key=lambda one: (-value_of(sums[one], measure), one is None, 0 if one is None else one),
        )

    ranks = {one: rank for rank, one in enumerate(order(groups), 1)}
    ranks_before = {one: rank for rank, one in enumerate(order(before or {}), 1)}
    whole, whole_before = together(groups.values()), together((before or {}).values())
    shown_in = [case.ranked_in] if case.ranked_in else case.currencies

    def columns(sums: Sums, earlier: Sums, rank: int | None) -> dict[str, Any]:
        value, value_before = value_of(sums, measure), value_of(earlier, measure)
        made = figures_of(sums, shown_in, case.currency)
        share = share_of(value, value_of(whole, measure)) if rank else None
        made |= {"rank": rank, "share": share}
        if not is_compared:
            return made
        changes = {
            f"{measure}_before": value_before,
            f"{measure}_difference": value - value_before,
            f"{measure}_change": percent_more(value, value_before),
        }
        if before is None:
            changes = dict.fromkeys(changes)
        return {**made, **changes, "compared_with": compared_with(case)}

    def row(one: Any) -> Row:
        labels, own = of_key(one)
        sums, earlier = groups.get(one, Sums()), (before or {}).get(one)
        made = columns(sums, earlier or Sums(), ranks.get(one))
        made |= {**own, **({"rank_before": ranks_before.get(one)} if is_compared else {})}
        return Row(labels, made, sums, earlier, one not in groups, earlier is None)

    keys = [*order(groups), *(one for one in order(before or {}) if one not in groups)]
    total = Row(("Total", "合計"), columns(whole, whole_before, 1), whole, whole_before)

    def combine(rows: Sequence[Row]) -> Figures:
        """Without what became of them."""
        made = columns(together(row.sums for row in rows), Sums(), 1)
        return {name: value for name, value in made.items() if not name.startswith(measure)}

    return Expected(names, [row(one) for one in keys], total, combine=combine)


def _user(key: int) -> tuple[tuple[str, str], Figures]:
    return labels_of("user", key), {"user_id": key, "name": USERS[key], "group": None}


def labels_of(kind: str, key: int) -> tuple[str, str]:
    name = {"user": USERS, "job": JOBS}[kind][key]
    english, chinese = UNNAMED[kind]
    return (name, name) if name else (english.format(key), chinese.format(key))


def _job(key: int | None) -> tuple[tuple[str, str], Figures]:
    if key is None:
        return WITHOUT_A_JOB, {"job_id": None, "name": None}
    return labels_of("job", key), {"job_id": key, "name": JOBS[key]}


def users(case: Case) -> Expected:
    return ranked(case, "user_id", "user", _user, is_compared=case.page == "reports_users")


def jobs(case: Case) -> Expected:
    return ranked(case, "job_id", "job", _job, is_compared=case.page == "reports_jobs")


def one_group(case: Case) -> Expected:
    """Without groups, all users are in none: tests/reading/test_groups.py has some."""
    members = len(case.now.in_currency(case.ranked_in).distinct("user_id"))

    def of_key(key: str) -> tuple[tuple[str, str], Figures]:
        return NO_GROUP, {"group": key, "users": members}

    found = ranked(case, "''", "group", of_key, is_compared=True)
    assert found.total
    columns = {**found.total.columns, "users": members}
    return replace(found, total=replace(found.total, labels=ALL_GROUPS, columns=columns))


def _failing(
    case: Case,
    key: str,
    names: str,
    of_key: Callable[[Any], tuple[tuple[str, str], Figures]],
    all_of_them: tuple[str, str],
) -> Expected:
    """Those with failures, the most first, the others unnamed; the total is that of all."""
    found = ranked(case, key, names, of_key, is_compared=True)
    assert found.total
    left_out = set(FIGURE_COLUMNS[5:]) | {name for name in found.total.columns if "cost" in name}

    def counts(columns: Figures) -> Figures:
        return {
            name: value
            for name, value in columns.items()
            if name not in left_out and name != "currency"
        }

    def combine(rows: Sequence[Row]) -> Figures:
        sums = together(row.sums for row in rows)
        share = share_of(sums.failed_calls, case.now.total.failed_calls)
        return {**figures_of(sums, case.currencies, case.currency), "share": share}

    rows = [replace(row, columns=counts(row.columns)) for row in found.rows]
    total = replace(found.total, labels=all_of_them, columns=counts(found.total.columns))
    have_failed = [
        row for row in rows if row.sums.failed_calls or (row.before and row.before.failed_calls)
    ]
    unnamed = [row for row in rows if row not in have_failed and not row.is_gone]
    return replace(found, rows=have_failed, total=total, combine=combine, unnamed=unnamed)


def failing_users(case: Case) -> Expected:
    return _failing(case, "user_id", "user", _user, ("All users", "所有使用者"))


def failing_endpoints(case: Case) -> Expected:
    def of_key(key: str) -> tuple[tuple[str, str], Figures]:
        return (key, key), {"endpoint": key}

    words = ("All endpoints", "所有端點")
    return _failing(case, "api_endpoint", "endpoint", of_key, words)


def beside_each_other(case: Case) -> Expected:
    """In the order in which they were asked for."""
    found = case.now.by("user_id")
    rows = []
    for user in BESIDE:
        labels, own = _user(user)
        sums = found.get(user, Sums())
        columns = figures_of(sums, case.currencies, case.currency)
        rows.append(Row(labels, {**columns, **own, "group": None}, sums))
    return Expected("name", rows)


def endpoints(case: Case) -> Expected:
    """With response times: within the ranking's currency on the page of endpoints, else of all."""
    is_leaderboard = case.page == "reports_endpoints"
    calls = case.now.in_currency(case.ranked_in) if is_leaderboard else case.now

    def of_key(key: str) -> tuple[tuple[str, str], Figures]:
        return (key, key), {"endpoint": key, **times(calls.that("api_endpoint = %s", key))}

    found = ranked(case, "api_endpoint", "endpoint", of_key, is_compared=is_leaderboard)
    assert found.total
    of_all = {**found.total.columns, **times(calls)}
    nothing = dict.fromkeys(times(calls))
    combine = found.combine
    return replace(
        found,
        total=replace(found.total, columns=of_all),
        combine=lambda rows: {**combine(rows), **nothing},
    )


def times(calls: Calls) -> dict[str, float | None]:
    return {f"p{percent}": calls.percentile(percent) for percent in (50, 95, 99)}


# ── days ────────────────────────────────────────────────────────────────────────────────────────


def days_shown(case: Case) -> list[date]:
    return days(case.stretch)


def four_weeks_earlier(case: Case, calls: Calls) -> dict[date, Sums | None]:
    """All of the same weekday, per day shown; None where the ledger is younger."""
    shown = days_shown(case)
    first, last = (
        datetime.combine(day - FOUR_WEEKS, moment, ZONE)
        for day, moment in ((shown[0], time()), (shown[-1], time(23, 59, 59)))
    )
    found = sums_per_day(calls.during((first, last)))
    return {
        day: found.get(day - FOUR_WEEKS, Sums()) if day - FOUR_WEEKS >= case.first_day else None
        for day in shown
    }


def span(first: date, last: date, language: str) -> str:
    """Several days in one: Nov 2026, 1–24 Nov 2026."""
    is_month = (first.day, (last + timedelta(days=1)).day) == (1, 1) and first.month == last.month
    if not is_month:
        return figures.days(first, last, language, with_year=True)
    if language == "en":
        return f"{figures.MONTHS[first.month - 1]} {first.year}"
    return f"{first.year}年{first.month}月"


def compared_days(case: Case, language: str) -> str:
    """The days that are compared with, and until when where the last is so in part; else empty."""
    if case.compared is None:
        return ""
    first, last = case.compared
    written = figures.days(first.date(), last.date(), language)
    if not case.variant.is_running:
        return written
    return (f"{written} until {last:%H:%M}", f"{written}（至 {last:%H:%M}）")[
        LANGUAGES.index(language)
    ]


def compared_with(case: Case) -> str | None:
    """The same in files, as an interval of ISO 8601."""
    if case.variant.before is None:
        return None
    first, last = case.variant.before
    until = last.isoformat() if case.variant.is_running else str(last.date())
    return f"{first.date()}/{until}"


def sums_per_day(calls: Calls) -> dict[date, Sums]:
    return {as_day(day): sums for day, sums in calls.by(day_of_taipei()).items()}


def daily(case: Case) -> Expected:
    sums, earlier = sums_per_day(case.now), four_weeks_earlier(case, case.calls)

    def row(day: date) -> Row:
        of_day, before = sums.get(day, Sums()), earlier[day]
        columns = figures_of(of_day, case.currencies, case.currency)
        columns |= {
            "date": day,
            "calls_four_weeks_earlier": None if before is None else before.total_calls,
        }
        return Row(("", ""), columns, of_day)

    return Expected("date", [row(day) for day in days_shown(case)], _total(case))


def _total(case: Case) -> Row:
    whole = case.now.total
    return Row(("Total", "合計"), figures_of(whole, case.currencies, case.currency), whole)


def months(case: Case) -> Expected:
    """Every month, the first and the last perhaps in part."""
    sums = sums_per_day(case.now)

    def row(days: list[date]) -> Row:
        of_month = together(sums.get(day, Sums()) for day in days)
        columns = figures_of(of_month, case.currencies, case.currency)
        return Row(("", ""), {"month": days[0], "last_date": days[-1], **columns}, of_month)

    by_month = groupby(days_shown(case), lambda day: (day.year, day.month))
    return Expected("month", [row(list(some)) for _month, some in by_month], _total(case))


def days_beside_each_other(case: Case) -> Expected:
    """Per day cost and calls of each that is compared."""
    days_of: dict[str, dict[date, Any]] = {}
    for user in BESIDE:
        calls = case.now.that("user_id = %s", user)
        days_of[f"cost_{user}"] = {
            day: sums.total_cost
            for day, sums in sums_per_day(calls.in_currency(case.currency)).items()
        }
        days_of[f"calls_{user}"] = {
            day: sums.total_calls for day, sums in sums_per_day(calls).items()
        }
    rows = [
        Row(("", ""), {"date": day, **{name: of.get(day, 0) for name, of in days_of.items()}})
        for day in days_shown(case)
    ]
    total = Row(("Total", "合計"), {name: sum(of.values()) for name, of in days_of.items()})
    headings = {}
    for user in BESIDE:
        english, chinese = labels_of("user", user)
        headings[f"cost_{user}"] = (f"{english}: Cost", f"{chinese}: 成本")
        headings[f"calls_{user}"] = (f"{english}: Calls", f"{chinese}: 呼叫次數")
    return Expected("date", rows, total, headings)


def cost_trend(case: Case) -> Expected:
    """Each day beside the same weekday four weeks earlier, the total beside the period before."""
    calls = case.calls.in_currency(case.currency)
    now, earlier = sums_per_day(calls.during(case.stretch)), four_weeks_earlier(case, calls)

    def row(day: date) -> Row:
        cost, before = now.get(day, Sums()).total_cost, earlier[day]
        columns = _costs(cost, None if before is None else before.total_cost, case)
        if day == NOW.astimezone(ZONE).date():
            # What is before is a whole day.
            columns |= {"cost_difference": None, "cost_change": None}
        earlier_day = None if before is None else str(day - FOUR_WEEKS)
        return Row(("", ""), {"date": day, "compared_with": earlier_day, **columns})

    whole_before = case.before.in_currency(case.currency).total.total_cost if case.before else None
    total = _costs(together(now.values()).total_cost, whole_before, case)
    words = (", compared with {}", "（與 {} 相比）") if case.before else ("", "")
    english, chinese = (
        word + rest.format(compared_days(case, language))
        for word, rest, language in zip(("Total", "合計"), words, LANGUAGES, strict=True)
    )
    return Expected("date", list(map(row, days_shown(case))), Row((english, chinese), total))


def _costs(now: Decimal, before: Decimal | None, case: Case) -> dict[str, Any]:
    return {
        "cost": now,
        "cost_before": before,
        "cost_difference": None if before is None else now - before,
        "cost_change": None if before is None else percent_more(now, before),
        "currency": case.currency,
    }


# ── what changed ────────────────────────────────────────────────────────────────────────────────


def _contributions(
    case: Case, key: str, names: str, of_key: Callable[[Any], tuple[tuple[str, str], Figures]]
) -> Expected:
    """Whose cost differs, the largest difference first."""
    if not case.before:
        return Expected(names, [])
    now, before = (calls.in_currency(case.ranked_in).by(key) for calls in (case.now, case.before))
    whole = together(now.values()).total_cost - together(before.values()).total_cost

    def columns(sums: Sums | None, earlier: Sums | None) -> dict[str, Any]:
        costs = [None if one is None else one.total_cost for one in (sums, earlier)]
        difference = (costs[0] or Decimal(0)) - (costs[1] or Decimal(0))
        return {
            "cost": costs[0],
            "cost_before": costs[1],
            "cost_difference": difference,
            "share_of_difference": share_of(difference, whole),
            "currency": case.currency,
            "compared_with": compared_with(case),
        }

    def row(one: Any) -> Row:
        (english, chinese), own = of_key(one)
        sums, earlier = now.get(one), before.get(one)
        tags = ("", "") if sums and earlier else (" new", " 新") if sums else (" gone", " 本期無")
        labels = (english + tags[0], chinese + tags[1])
        made = {**columns(sums, earlier), **own}
        return Row(labels, made, sums or Sums(), earlier or Sums())

    order = sorted(now, key=lambda one: (-now[one].total_cost, one))
    gone = sorted(set(before) - set(now), key=lambda one: (-before[one].total_cost, one))
    rows = [row(one) for one in (*order, *gone)]
    differing = [found for found in rows if found.columns["cost_difference"]]
    differing.sort(key=lambda found: -abs(found.columns["cost_difference"]))

    def combine(rows: Sequence[Row]) -> Figures:
        return columns(
            together(row.sums for row in rows), together(row.before or Sums() for row in rows)
        )

    whole_of_both = columns(together(now.values()), together(before.values()))
    total = Row(("Total", "合計"), whole_of_both)
    return Expected(names, differing, total, combine=combine)


def changed_users(case: Case) -> Expected:
    return _contributions(case, "user_id", "user", _user)


def changed_endpoints(case: Case) -> Expected:
    return _contributions(
        case, "api_endpoint", "endpoint", lambda key: ((key, key), {"endpoint": key})
    )


def parts(case: Case) -> Expected:
    """Calls × tokens per call × cost per token, by their logarithms."""
    if not case.before:
        return Expected("part", [])
    now, before = (calls.in_currency(case.ranked_in).total for calls in (case.now, case.before))
    cost, cost_before = float(now.total_cost), float(before.total_cost)
    weight = (cost - cost_before) / math.log(cost / cost_before)
    of_calls = weight * math.log(now.total_calls / before.total_calls)
    of_tokens = weight * math.log(now.total_tokens / before.total_tokens) - of_calls
    found = {
        "calls": of_calls,
        "tokens_per_call": of_tokens,
        "cost_per_token": cost - cost_before - of_calls - of_tokens,
    }
    return Expected(
        "part",
        [
            Row(
                (name, name),
                {
                    "part": name,
                    "cost_difference": Nearly(part),
                    "currency": case.currency,
                    "compared_with": compared_with(case),
                },
            )
            for name, part in found.items()
        ],
    )


# ── calls ───────────────────────────────────────────────────────────────────────────────────────

CALL_COLUMNS = (
    "id",
    "user_id",
    "job_id",
    "api_endpoint",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "prompt_unit_price",
    "prompt_price_unit",
    "cost",
    "response_time_ms",
    "success",
    "error_message",
    "created_at",
)


def calls(case: Case) -> Expected:
    """The calls themselves, in the order of the list."""
    order = case.parameters.get("order", "newest")
    if order in ("newest", "oldest"):
        return _calls(case.now, "ASC" if order == "oldest" else "DESC")
    column, way = order.removeprefix("-"), "DESC" if order.startswith("-") else "ASC"
    return _calls(case.now, way, f"{column} IS NULL, {column}")


def failed_calls(case: Case) -> Expected:
    """The newest first."""
    found = _calls(case.now.that("COALESCE(success, 0) = 0"), "DESC")
    return replace(found, names="error_message")


def _calls(found: Calls, way: str, by: str = "created_at") -> Expected:
    rows = found.ask(", ".join(CALL_COLUMNS), f"ORDER BY {by} {way}, id {way}")
    return Expected("id", [_call(dict(zip(CALL_COLUMNS, row, strict=True))) for row in rows])


def _call(columns: dict[str, Any]) -> Row:
    for name, places in (("cost", 4), ("prompt_unit_price", 8)):
        if columns[name] is not None:
            columns[name] = round(Decimal(str(columns[name])), places)
    if columns["success"] is not None:
        columns["success"] = bool(columns["success"])
    columns["created_at"] = _local(columns["created_at"])
    user = labels_of("user", columns["user_id"])
    job = ("", "") if columns["job_id"] is None else labels_of("job", columns["job_id"])
    message = columns["error_message"] or ""
    return Row(
        (message, message) if message else NO_MESSAGE,
        {
            **columns,
            "endpoint": columns["api_endpoint"],
            "user": USERS[columns["user_id"]],
            "group": None,
            "job": JOBS.get(columns["job_id"]),
            "user_labels": user,
            "job_labels": job,
        },
    )


def _local(moment: datetime | str) -> datetime:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.replace(tzinfo=UTC).astimezone(ZONE)


def kinds_of_errors(case: Case) -> Expected:
    """Failures whose messages are alike but for numbers, the most frequent first."""
    rows = [row for kind in KINDS if (row := _kind_of_errors(case, kind))]
    rows.sort(key=lambda row: (-row.columns["failed_calls"], row.labels[0]))
    rows.sort(key=lambda row: row.is_gone)
    of_all = _failures_beside(case, case.now, case.before)
    total = Row(("Total", "合計"), of_all)

    def combine(rows: Sequence[Row]) -> Figures:
        return {"failed_calls": sum(row.columns["failed_calls"] for row in rows)}

    return Expected("error_message", rows, total, combine=combine)


def _kind_of_errors(case: Case, kind: str) -> Row | None:
    """None if it was neither in the period nor in the one before."""

    def of_kind(calls: Calls) -> Calls:
        failed = calls.that("COALESCE(success, 0) = 0")
        if kind:
            return failed.that("error_message LIKE %s", f"{kind}%")
        return failed.that("COALESCE(error_message, '') = ''")

    calls = of_kind(case.now)
    ((count, first, last),) = calls.ask("COUNT(*), MIN(created_at), MAX(created_at)")
    counted = _failures_beside(case, calls, case.before and of_kind(case.before))
    if not (count or counted["failures_before"]):
        return None
    counts = {key: sums.total_calls for key, sums in calls.by("api_endpoint").items()}
    columns = {
        **counted,
        "error_message": Beginning(kind),
        "endpoints": ", ".join(f"{key} ({counts[key]})" for key in _most_first(counts)),
        "endpoint": _most_first(counts),
        "first_at": _local(first) if count else None,
        "last_at": _local(last) if count else None,
    }
    return Row((kind, kind) if kind else NO_MESSAGE, columns, is_gone=not count)


def _failures_beside(case: Case, calls: Calls, before: Calls | None) -> dict[str, Any]:
    """The failures now, and their change since the period before, if it is compared."""
    now, earlier = calls.total.failed_calls, before.total.failed_calls if before else None
    return {
        "failed_calls": now,
        "failures_before": earlier,
        "failures_difference": None if earlier is None else now - earlier,
        "failures_change": None if earlier is None else percent_more(now, earlier),
        "compared_with": compared_with(case),
    }


def _most_first(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda key: (-counts[key], key))


def ago(moment: datetime, language: str) -> str:
    """How long ago, up to a day; else empty."""
    age = NOW - moment
    if age < timedelta(hours=1):
        words = ("{} min ago", "{} 分鐘前")
        return words[LANGUAGES.index(language)].format(age // timedelta(minutes=1))
    if age < timedelta(days=1):
        words = ("{} h ago", "{} 小時前")
        return words[LANGUAGES.index(language)].format(age // timedelta(hours=1))
    return ""


# ── the tables of the pages ─────────────────────────────────────────────────────────────────────

# That of every daily chart, and of the page about days.
DAYS = "days"
TABLES: dict[tuple[str, str], Callable[[Case], Expected]] = {
    ("index", "users"): users,
    ("index", "endpoints"): endpoints,
    ("index", "changes"): changed_users,
    ("index", "errors"): failed_calls,
    ("reports_changes", "users"): changed_users,
    ("reports_changes", "endpoints"): changed_endpoints,
    ("reports_changes", "parts"): parts,
    ("reports_users", "users"): users,
    ("reports_groups", "groups"): one_group,
    ("reports_compare", "compared"): beside_each_other,
    ("reports_user", "endpoints"): endpoints,
    ("reports_user", "jobs"): jobs,
    ("reports_user", "errors"): failed_calls,
    ("reports_endpoints", "endpoints"): endpoints,
    ("reports_endpoint", "users"): users,
    ("reports_endpoint", "errors"): failed_calls,
    ("reports_jobs", "jobs"): jobs,
    ("reports_months", "months"): months,
    ("reports_job", "users"): users,
    ("reports_job", "endpoints"): endpoints,
    ("reports_job", "errors"): failed_calls,
    ("reports_cost", "cost"): cost_trend,
    ("reports_errors", "errors"): kinds_of_errors,
    ("reports_errors", "users"): failing_users,
    ("reports_errors", "endpoints"): failing_endpoints,
    # None is kept, since no job runs: tests/unusual and tests/admin have some.
    ("reports_unusual", "unusual"): lambda _case: Expected("name", []),
    # Nobody changes anything: tests/admin has changes.
    ("reports_history", "history"): lambda _case: Expected("object", []),
    # Nothing was told either: tests/admin has some.
    ("reports_notices", "notices"): lambda _case: Expected("subject", []),
    ("stats_apiusagestats_changelist", "calls"): calls,
}


def expected(case: Case, table: str) -> Expected:
    """What a table of a page holds."""
    if table != DAYS:
        return TABLES[case.page, table](case)
    return days_beside_each_other(case) if case.page == "reports_compare" else daily(case)
