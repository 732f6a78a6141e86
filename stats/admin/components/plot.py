"""Figures → the places of bars, dashes and labels, which a template writes as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from unicodedata import east_asian_width

from stats.core import formatting

# The inner drawing is this high, in its units. Each day is one unit wide; this part is its bar.
HEIGHT = 100
SHARE = 0.68
# Few days: a bar takes at most this part of the whole width.
WIDEST = 0.16
MOST_STEPS = 4
# As wide as so many bars.
DASH = 1.25
# Percent: a label nearer to an end begins or ends with its bar.
NEAR_THE_END = 8
# Pixels of the labels of the axis: a narrow and a wide letter, the gap beside them.
NARROW, WIDE, GAP = 6.5, 11, 8


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
    """SVG paths of the bars, of what is above the earlier figures, of the dashes for these, of the
    grid and of the line of a level; the box of a running day's bar; the label of the highest.

    A bar is a line upwards, as thick as the bar is wide: half as many bytes as its outline."""

    days: int
    bars: str
    bar_width: str
    running: Box | None
    above: str
    dashes: str
    grid: str
    level: str
    axis: tuple[Label, ...]
    axis_width: int
    peak: Label | None


def plot(
    values: Sequence[float],
    before: Sequence[float | None],
    peak: str,
    running: int | None,
    highest: float = 0.0,
    level: float | None = None,
) -> Plot:
    """`values` has a value for each day, at least one. `peak` is the text of the highest. The axis
    reaches at least to `highest`; `level` is drawn across all days."""
    days, width = len(values), min(SHARE, WIDEST * len(values))
    marks = _grid(max(highest, level or 0.0, *values, *(value or 0.0 for value in before)))
    scale = HEIGHT / float(marks[-1])
    tops = [HEIGHT - value * scale for value in values]
    earlier = [None if value is None else HEIGHT - value * scale for value in before]
    heights = [_short(HEIGHT - float(mark) * scale) for mark in marks]
    texts = formatting.axis(marks)
    return Plot(
        days,
        "".join(_bar(n, top) for n, top in enumerate(tops) if n != running),
        _short(width),
        None if running is None else _box(running, tops[running], width, days),
        "".join(
            _bar(n, top, bottom)
            for n, (top, bottom) in enumerate(zip(tops, earlier, strict=True))
            if n != running and bottom is not None and top < bottom
        ),
        "".join(_dash(n, height, width) for n, height in enumerate(earlier) if height is not None),
        "".join(f"M0 {height}H{days}" for height in heights),
        "" if level is None else f"M0 {_short(HEIGHT - level * scale)}H{days}",
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


def _bar(day: int, top: float, bottom: float = HEIGHT) -> str:
    return f"M{day}.5 {_height(bottom)}V{_height(top)}"


def _dash(day: int, height: float, width: float) -> str:
    """A little wider than the bar."""
    wide = min(1.0, width * DASH)
    return f"M{_short(day + (1 - wide) / 2)} {_height(height)}h{_short(wide).removeprefix('0')}"


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


def _height(value: float) -> str:
    """To a tenth of a percent of the drawing, which is a fraction of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def _short(value: float) -> str:
    """A number as SVG writes it, in any language."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
