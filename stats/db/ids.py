"""How far the ids of a table have come: where the column's type ends, no row is written."""

from stats.db.dialects import dialect

# From this share on it is said: time to widen the column before it is too late.
WORTH_SAYING = 0.8


def share_used(table: str) -> float:
    """Of the ids that the column holds how many are used, from 0 to 1; 0 where nobody knows."""
    return dialect().share_of_ids(table)
