"""Compares cells of files with exact values: text in a CSV, typed values in an XLSX."""

import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

# The error of the histogram plus rounding.
ERROR_OF_PERCENTILES = 0.026
ERROR_OF_FLOATS = 1e-9


class Beginning(str):
    """A text that is known only at its beginning."""


class Nearly(float):
    """An amount that is exact to the step of the cost column."""


STEP = 0.0001
# The suffix of the second column of a time.
WITH_OFFSET = "_with_offset"


def is_shown(column: str, value: Any, exact: Any) -> bool:
    """True if a cell shows an exact value."""
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
            # Rounded to three digits.
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
