"""Cells of files read back: those of a CSV are text, those of an XLSX what Excel has."""

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.reading.calls import ZONE

# That of the histogram, and what is rounded beyond it.
ERROR_OF_PERCENTILES = 0.026
ERROR_OF_FLOATS = 1e-9


class Beginning(str):
    """A text of which only the beginning is known."""


class Nearly(float):
    """An amount that is told to the step of the column of costs."""


STEP = 0.0001


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
        case float():
            error = ERROR_OF_PERCENTILES if column in ("p50", "p95", "p99") else ERROR_OF_FLOATS
            return value not in (None, "") and math.isclose(float(value), exact, rel_tol=error)
        case datetime():
            return _local(value) == exact.replace(tzinfo=None)
        case date():
            return _local(value).date() == exact
    return bool(value == exact)


def _local(value: Any) -> datetime:
    """Local time, with an offset or without."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment.astimezone(ZONE).replace(tzinfo=None) if moment.tzinfo else moment
