"""Where bars, dashes and labels of a chart stand: figures → what a template writes as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from unicodedata import east_asian_width

from stats.core import formatting

# As high as the inner drawing is, in its units; each day is one unit wide, and this much its bar.
HEIGHT = 100
SHARE = 0.68
# The most of the whole width that a bar takes where days are few.
WIDEST = 0.16
MOST_STEPS = 4
# A label nearer to an end than this, in percent, begins or ends with its bar.
NEAR_THE_END = 8
# In pixels, as the labels of the axis are written.
NARROW, WIDE, GAP = 6.5, 11, 8


@dataclass(frozen=True, slots=True)
class Day:
    """Where a day leads, and what it says when pointed at."""

    number: int
    link: str
    title: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a place in percent; `anchor` as SVG's text-anchor."""

    text: str
    x: str = "100%"
    y: str = "0%"
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in percent."""

    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Paths of bars from zero, of a dash a day for the values before, of the steps between dashes
    and of the grid; the box of a running day's bar; the figure of the highest."""

    days: tuple[Day, ...]
    bars: str
    running: Box | None
    dashes: str
    steps: str
    grid: str
    axis: tuple[Label, ...]
    axis_width: int
    peak: Label | None


def plot(
    values: Sequence[float],
    before: Sequence[float | None],
    peak: str,
    links: Sequence[str],
    titles: Sequence[str],
    running: int | None,
) -> Plot:
    """A value for each day, of which there is at least one; `peak` is the highest in words."""
    days, width = len(values), min(SHARE, WIDEST * len(values))
    marks = _grid(max(0.0, *values, *(value or 0.0 for value in before)))
    scale = HEIGHT / float(marks[-1])
    tops = [HEIGHT - value * scale for value in values]
    dashes, steps = _paths([None if value is None else HEIGHT - value * scale for value in before])
    heights = [_short(HEIGHT - float(mark) * scale) for mark in marks]
    texts = formatting.axis(marks)
    return Plot(
        tuple(Day(n, *of_day) for n, of_day in enumerate(zip(links, titles, strict=True))),
        "".join(_bar(n, top, width) for n, top in enumerate(tops) if n != running),
        None if running is None else _box(running, tops[running], width, days),
        dashes,
        steps,
        "".join(f"M0 {height}H{days}" for height in heights),
        tuple(Label(text, y=f"{y}%") for text, y in zip(texts, heights, strict=True)),
        math.ceil(GAP + max(map(_text_width, texts))),
        _peak(peak, values, tops),
    )


def _grid(highest: float) -> list[Decimal]:
    """From zero to `highest` or above, in steps of 1, 2 or 5 times a power of ten."""
    least = (highest or 1) / MOST_STEPS
    power = Decimal(10) ** math.floor(math.log10(least))
    step = next(power * factor for factor in (1, 2, 5, 10) if float(power * factor) >= least)
    return [step * n for n in range(math.ceil((highest or 1) / float(step)) + 1)]


def _bar(day: int, top: float, width: float) -> str:
    left, wide = _short(day + (1 - width) / 2), _short(width)
    return f"M{left} {HEIGHT}V{_short(top)}h{wide}V{HEIGHT}z"


def _paths(heights: Sequence[float | None]) -> tuple[str, str]:
    """A dash for each day that has a height, and the lines from one to the next."""
    dashes, steps = [], []
    last = None
    for day, height in enumerate(heights):
        if height is not None:
            dashes.append(f"M{day} {_short(height)}h1")
            if last is not None:
                steps.append(f"M{day} {_short(last)}V{_short(height)}")
        last = height
    return "".join(dashes), "".join(steps)


def _box(day: int, top: float, width: float, days: int) -> Box:
    left = (day + (1 - width) / 2) / days * 100
    return Box(*(f"{_short(one)}%" for one in (left, top, width / days * 100, HEIGHT - top)))


def _peak(text: str, values: Sequence[float], tops: Sequence[float]) -> Label | None:
    day = values.index(max(values))
    if not values[day]:
        return None
    start, middle, end = ((day + part) / len(values) * 100 for part in (0, 0.5, 1))
    x, anchor = middle, "middle"
    if middle < NEAR_THE_END:
        x, anchor = start, "start"
    elif middle > 100 - NEAR_THE_END:
        x, anchor = end, "end"
    return Label(text, f"{_short(x)}%", f"{_short(tops[day])}%", anchor)


def _text_width(text: str) -> float:
    return sum(WIDE if east_asian_width(letter) in "WF" else NARROW for letter in text)


def _short(value: float) -> str:
    """As a number of SVG, in whatever language."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
