"""Which values of a datetime column are times: a live one may hold others.

Without a strict `sql_mode` MySQL and MariaDB take `0000-00-00 00:00:00`, `2024-03-00` and
`2024-02-31`, and any server takes the year 1, which another zone does not have. Such a value is
read as none at all. It is told by plain numbers: functions of dates warn of such values, and what
warns in a SELECT fails in the INSERT that it is part of.
"""

from typing import Any

from django.db import connection
from django.db.models import Lookup

from stats.core.zones import FIRST_TIME, last_time

_YEAR = "YEAR({column})"
_LEAP = f"(MOD({_YEAR}, 4) = 0 AND (MOD({_YEAR}, 100) <> 0 OR MOD({_YEAR}, 400) = 0))"
_DAYS = (
    f"CASE WHEN MONTH({{column}}) = 2 THEN 28 + {_LEAP} "
    "WHEN MONTH({column}) IN (4, 6, 9, 11) THEN 30 ELSE 31 END"
)
_IN_CALENDAR = (
    "MONTH({column}) > 0 AND DAY({column}) > 0 "
    f"AND (DAY({{column}}) <= 28 OR DAY({{column}}) <= {_DAYS})"
)


def is_time(column: str) -> str:
    """Whether the value of a column is a time that every zone here has a day for; never NULL but
    for NULL."""
    within = f"{column} >= '{FIRST_TIME}' AND {column} <= '{last_time()}'"
    if connection.vendor != "mysql":
        return f"({within})"
    return f"({within} AND {_IN_CALENDAR.format(column=column)})"


class IsTime(Lookup):
    """`created_at__is_time=True`: calls that have a time; False: those that have none."""

    lookup_name = "is_time"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, params = self.process_lhs(compiler, connection)
        condition = is_time(column)
        if self.rhs:
            return condition, ()
        return f"({column} IS NULL OR NOT {condition})", params
