"""Which letter: of a week or a month, of everything or of one group, as of a moment."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256

from stats.core.periods import DAY, Period, last_of_month, local_day, start_of_day
from stats.core.zones import reading_zone
from stats.notices.fact import Fact, Facts
from stats.notices.outbox import LETTER_MONTH

WEEK = timedelta(days=6)
# In the morning after its last day: what was to be counted by night is counted.
SENT_FROM = time(7)


@dataclass(frozen=True, slots=True)
class Scope:
    """`occasion` is one of `outbox.LETTERS`. The letter tells what was so `as_of`: the end of the
    period, or the moment it is asked for while the period runs. None is no group: everything."""

    occasion: str
    period: Period
    as_of: datetime
    group: str | None = None

    @property
    def is_over(self) -> bool:
        return self.as_of == _end(self.period)

    @property
    def is_month(self) -> bool:
        return self.occasion == LETTER_MONTH

    @property
    def through(self) -> date:
        """Its last day so far."""
        return min(self.period.last, local_day(self.as_of, reading_zone()))

    @property
    def key(self) -> str:
        """Which letter it is, among those of its occasion. A group's name may be long."""
        whose = "all" if self.group is None else sha256(self.group.encode()).hexdigest()
        return f"{self.period.first} {self.as_of.isoformat()} {whose}"

    @property
    def fact(self) -> Fact:
        """What a notice keeps of it."""
        facts = {
            "first": self.period.first.isoformat(),
            "through": self.through.isoformat(),
            "as_of": self.as_of.isoformat(),
            "group": self.group,
        }
        return Fact(self.key, facts, self.group)


def scope_of(occasion: str, facts: Facts) -> Scope:
    """That of a notice."""
    period = _period(occasion, date.fromisoformat(facts["first"]))
    return Scope(occasion, period, datetime.fromisoformat(facts["as_of"]), facts["group"])


def scope_at(occasion: str, day: date, now: datetime, group: str | None = None) -> Scope:
    """The letter of the week or month that a day lies in."""
    period = _period(occasion, day)
    return Scope(occasion, period, min(now.replace(microsecond=0), _end(period)), group)


def last_finished(occasion: str, now: datetime) -> Scope:
    """The newest letter of everything that may be sent by itself."""
    zone = reading_zone()
    today = local_day(now, zone)
    running = _period(occasion, today)
    is_morning = now >= datetime.combine(running.first, SENT_FROM, zone)
    last = running if is_morning else _period(occasion, running.first - DAY)
    return scope_at(occasion, last.first - DAY, now)


def _period(occasion: str, day: date) -> Period:
    if occasion == LETTER_MONTH:
        return Period(day.replace(day=1), last_of_month(day), reading_zone())
    monday = day - day.weekday() * DAY
    return Period(monday, monday + WEEK, reading_zone())


def _end(period: Period) -> datetime:
    return start_of_day(period.last + DAY, period.zone)
