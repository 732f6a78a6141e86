"""Which values of a datetime column are times: a live one may hold others.

Without a strict `sql_mode` MySQL and MariaDB take `0000-00-00 00:00:00`, `2024-03-00` and
`2024-02-31`, and any server takes the year 1, which another zone does not have. Such a value is
read as none at all.
"""

from typing import Any

from django.db.models import Lookup

from stats.core.zones import FIRST_TIME, last_time
from stats.db.dialects import dialect


def is_time(column: str) -> str:
    """Whether the value of a column is a time that every zone here has a day for; never NULL but
    for NULL."""
    within = f"{column} >= '{FIRST_TIME}' AND {column} <= '{last_time()}'"
    in_calendar = dialect().in_calendar.format(column=column)
    return f"({within} AND {in_calendar})" if in_calendar else f"({within})"


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
