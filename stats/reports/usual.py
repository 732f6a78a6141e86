"""What a day usually comes to: a level, times what its weekday makes of it.

Both are smoothed in logarithms, and a day far from what was usual counts as nearer. What is learnt
is learnt one day after the other, from no later day. Pure.
"""

from math import exp, log

WEEK = 7
# The level lies between two: one follows the last days, the other the last weeks.
LEVEL_STEPS = (0.6, 0.1)
WEEKDAY_STEP = 0.03
# The logarithm of the ratio to what was usual beyond which a day counts as no further, 1.8 times;
# unless it is one of so many in a row.
FURTHEST, LASTING_DAYS = 0.6, 4
# Zero has no logarithm: to each amount is added this part of the mean of so many days.
ADDED = 0.1
MEAN_DAYS = 28


class Usual:
    """The usual amount of a day by its weekday (0 is Monday). Nothing can be asked before the first
    day was learnt, which must have an amount above zero. Amounts below zero, which an adopted table
    may hold, count as zero."""

    def __init__(self) -> None:
        self._days = 0
        self._mean = 0.0
        self._levels = [0.0] * len(LEVEL_STEPS)
        self._level = self._added = 0.0
        # Logarithms that add up to zero over a week.
        self._weekdays = [0.0] * WEEK
        self._seen = [0] * WEEK
        # The last days in a row that were far above (1) or below (-1) what was usual.
        self._direction = self._far_days = 0

    def learn(self, weekday: int, amount: float) -> None:
        """Take in one more day."""
        amount = max(0.0, amount)
        self._days += 1
        self._mean += (amount - self._mean) / min(self._days, MEAN_DAYS)
        self._added = ADDED * self._mean
        if self._days == 1:
            self._levels = [log(amount + self._added)] * len(LEVEL_STEPS)
            self._level = self._levels[0]
        seen_as = self._level + self._counted(self.distance(weekday, amount))
        self._levels = [
            level + max(step, 1 / self._days) * (seen_as - level)
            for level, step in zip(self._levels, LEVEL_STEPS, strict=True)
        ]
        self._level = sum(self._levels) / len(self._levels)
        if self._days > WEEK:
            self._learn_weekday(weekday, self.distance(weekday, amount))

    def _counted(self, distance: float) -> float:
        """A distance as it counts for the level."""
        direction = (distance > FURTHEST) - (distance < -FURTHEST)
        self._far_days = self._far_days + 1 if direction and direction == self._direction else 1
        self._direction = direction
        if self._far_days >= LASTING_DAYS:
            return distance
        return min(max(distance, -FURTHEST), FURTHEST)

    def _learn_weekday(self, weekday: int, difference: float) -> None:
        self._seen[weekday] += 1
        self._weekdays[weekday] += max(WEEKDAY_STEP, 1 / self._seen[weekday]) * difference
        middle = sum(self._weekdays) / WEEK
        self._weekdays = [one - middle for one in self._weekdays]

    def of(self, weekday: int) -> float:
        """What is usual of such a day."""
        return max(0.0, exp(self._level + self._weekdays[weekday]) - self._added)

    def distance(self, weekday: int, amount: float) -> float:
        """How far such a day with this amount is from what is usual: 0.69 is twice as much."""
        return log(max(0.0, amount) + self._added) - self._weekdays[weekday] - self._level

    def of_days(self, weekday: int, count: int) -> float:
        """What is usual of `count` days in a row, the first on `weekday`."""
        weeks, more = divmod(count, WEEK)
        week = [self.of((weekday + n) % WEEK) for n in range(WEEK if weeks else more)]
        return weeks * sum(week) + sum(week[:more])
