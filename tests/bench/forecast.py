"""`make bench-forecast`: measures forecasts and unusual days on public series.

Writes the tables of docs/forecast.md; the text above them is kept.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from statistics import mean

import django

from tests.databases import TEST_ENVIRONMENT

os.environ.update(TEST_ENVIRONMENT, DJANGO_SETTINGS_MODULE="tests.settings")
# Nothing is asked of it.
os.environ["DATABASE_URL"] = "sqlite://:memory:"
django.setup()

from tests.bench.daily_series import PACKAGE, Series, fetched  # noqa: E402
from tests.bench.month_ends import DAYS_OF_MONTH, METHODS, Score, scores  # noqa: E402
from tests.bench.unusual_days import (  # noqa: E402
    DETECTORS,
    LEDGERS,
    culprits_named_first,
    measured,
)

PAGE = Path(__file__).parents[2] / "docs" / "forecast.md"
HEADING = "## Measured\n"

# What a table tells of scores, in percent, and the most that is wanted on each day.
Figure = Callable[[Sequence[Score]], float]
FIGURES: Mapping[str, Figure] = {
    "held by the range": lambda some: mean(score.is_held for score in some) * 100,
    "mean width": lambda some: mean(score.width for score in some) * 100,
    "mean absolute error": lambda some: mean(score.error for score in some) * 100,
}
GOALS: Mapping[str, Sequence[str]] = {
    "held by the range": ["75–85"] * len(DAYS_OF_MONTH),
    "mean width": ["97", "76", "54", "36", "16"],
    "mean absolute error": ["19.7", "16.5", "12.1", "7.8", "3.7"],
}


def main() -> None:
    """Measure, and write the page."""
    series = fetched()
    text = PAGE.read_text("utf-8").partition(HEADING)[0]
    PAGE.write_text(text + HEADING + "\n".join(sections(series)), "utf-8")
    print(f"Written: {PAGE.name}")


def sections(series: Mapping[str, Series]) -> Iterator[str]:
    """The tables, and what they are of."""
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    yield f"\nWritten by `make bench-forecast` on {today} from the {len(series)} daily series of"
    yield f"the wheel of `{PACKAGE}`.\n"
    yield from month_ends(series)
    yield from unusual(series)
    named = culprits_named_first()
    yield "### Who made it\n"
    yield f"Demo data in which one user spends more on one day: they are named first in {named} of"
    yield f"{LEDGERS} ledgers."


def month_ends(series: Mapping[str, Series]) -> Iterator[str]:
    """By method, then of ours by how much of the day is known and by series."""
    found = {name: scores(series, method) for name, method in METHODS.items()}
    ours = found["month_end"]
    days = [f"day {day}" for day in DAYS_OF_MONTH]
    yield "### Months' ends\n"
    yield "In percent of what the months came to, at the end of each day:\n"
    for name in FIGURES:
        yield from table([name, *days], _by_method(name, found))
    counts = [str(sum(score.day == day for score in ours)) for day in DAYS_OF_MONTH]
    yield f"`month_end` made {', '.join(counts)} forecasts on these days.\n"
    yield "With half of the day's amount, as on a page that is opened at noon, and with nothing:\n"
    for part, words in ((Decimal("0.5"), "half"), (Decimal(0), "nothing")):
        partly = scores(series, METHODS["month_end"], part)
        rows = [[name, *by_day(partly, figure)] for name, figure in FIGURES.items()]
        yield from table([words, *days], rows)
    for name, figure in FIGURES.items():
        rows = [
            [one, *by_day([score for score in ours if score.series == one], figure)]
            for one in series
        ]
        yield from table([f"`month_end`: {name}", *days], rows)


def _by_method(name: str, found: Mapping[str, Sequence[Score]]) -> Iterator[Sequence[str]]:
    for method, some in found.items():
        yield [f"`{method}`" if method == "month_end" else method, *by_day(some, FIGURES[name])]
    yield ["goal", *GOALS[name]]


def by_day(some: Sequence[Score], figure: Figure) -> list[str]:
    """The figure of each of `DAYS_OF_MONTH`."""
    of_days = ([score for score in some if score.day == day] for day in DAYS_OF_MONTH)
    return [f"{figure(scores):.1f}" if scores else "—" for scores in of_days]


def unusual(series: Mapping[str, Series]) -> Iterator[str]:
    """By series and detector."""
    found = {name: list(measured(series, detector)) for name, detector in DETECTORS.items()}
    yield "### Unusual days\n"
    yield "Days told a year, and percent of days that are told once they are doubled:\n"
    headings = [f"{name}: {what}" for name in found for what in ("a year", "doubled")]
    rows = [
        [
            of_one[0].series,
            *(cell for one in of_one for cell in (f"{one.a_year:.1f}", f"{one.doubled:.0f}")),
        ]
        for of_one in zip(*found.values(), strict=True)
    ]
    means = (
        f"{mean(of_one):.1f}"
        for some in found.values()
        for of_one in ([one.a_year for one in some], [one.doubled for one in some])
    )
    yield from table(["series", *headings], [*rows, ["mean", *means]])
    yield "Goal: at most 10 a year, and at least 70 % of the doubled days.\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table of Markdown."""
    yield f"| {' | '.join(headings)} |"
    yield "|---" * len(headings) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


if __name__ == "__main__":
    main()
