"""Cells of files read back: those of a CSV are text, those of an XLSX what Excel has."""

import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from tests.reading.figures import ERROR_OF_PERCENTILES

ERROR_OF_FLOATS = 1e-9


class Beginning(str):
    """A text of which only the beginning is known."""


class Nearly(float):
    """An amount that is told to the step of the column of costs."""


STEP = 0.0001
# The second column of a time.
WITH_OFFSET = "_with_offset"


def is_told(column: str, value: Any, exact: Any) -> bool:
    """Whether a cell tells an exact value."""
    if exact is None or exact == "":
        return value in (None, "")
    match exact:
        case Beginning():
            return str(value).startswith(exact)
        case Nearly():
            return abs(float(value) - exact) <= STEP
        case bool():
            return value in (exact, str(exact).lower())
        case int() | Decimal():
            return value not in (None, "") and Decimal(str(value)) == exact
        case float() if column in ("p50", "p95", "p99"):
            # To as many digits as are known.
            is_rounded = value not in (None, "") and float(f"{float(value):.3g}") == float(value)
            return is_rounded and math.isclose(float(value), exact, rel_tol=ERROR_OF_PERCENTILES)
        case float():
            is_there = value not in (None, "")
            return is_there and math.isclose(float(value), exact, rel_tol=ERROR_OF_FLOATS)
        case datetime():
            moment = _moment(value)
            has_offset = column.endswith(WITH_OFFSET)
            return moment == (exact if has_offset else exact.replace(tzinfo=None))
        case date():
            return _moment(value) == datetime.combine(exact, time())
    return bool(value == exact)


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
