"""Which values of a datetime column are valid times.

Without a strict `sql_mode` MySQL and MariaDB accept `0000-00-00 00:00:00`, `2024-03-00` and
`2024-02-31`. Any server accepts the year 1, which may not exist in another zone. Such a value
counts as no time.
"""

from typing import Any

from django.db.models import Lookup

from stats.core.zones import FIRST_TIME, last_time
from stats.db.dialects import dialect


def is_time(column: str) -> str:
    """The condition that a column's value is a time with a day in both zones; NULL only for
    NULL."""
    within = f"{column} >= '{FIRST_TIME}' AND {column} <= '{last_time()}'"
    in_calendar = dialect().in_calendar.format(column=column)
    return f"({within} AND {in_calendar})" if in_calendar else f"({within})"


class IsTime(Lookup):
    """`created_at__is_time=True`: calls with a time; `False`: calls without."""

    lookup_name = "is_time"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, params = self.process_lhs(compiler, connection)
        condition = is_time(column)
        if self.rhs:
            return condition, ()
        return f"({column} IS NULL OR NOT {condition})", params
