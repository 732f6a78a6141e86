"""How far the ids of a table have come: where the column's type ends, no row is written."""

from django.db import connection

# From this share on it is said: time to widen the column before it is too late.
WORTH_SAYING = 0.8
_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_NEXT = """
    SELECT c.data_type, c.column_type LIKE '%%unsigned%%', COALESCE(t.auto_increment, 0)
    FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = DATABASE() AND c.table_name = %s AND c.column_name = 'id'
"""


def share_used(table: str) -> float:
    """Of the ids that the column holds how many are used, from 0 to 1; 0 where nobody knows.

    SQLite's numbers do not end within a lifetime.
    """
    if connection.vendor != "mysql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [table])
        found = cursor.fetchone()
        # MySQL tells the next number as it was up to a day ago.
        cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")  # noqa: S608
        (newest,) = cursor.fetchone()
    if found is None or found[0] not in _BITS:
        return 0.0
    data_type, is_unsigned, following = found
    largest = 2 ** (_BITS[data_type] - (0 if is_unsigned else 1)) - 1
    return float(min(1, max(newest, following - 1) / largest))
