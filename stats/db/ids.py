"""How many ids of a table are used. When all are, no row can be inserted."""

from stats.db.dialects import dialect

# Warn from this share on, while there is time to widen the column.
WORTH_SAYING = 0.8


def share_used(table: str) -> float:
    """The share of the column's ids that are used, from 0 to 1; 0 if unknown."""
    return dialect().share_of_ids(table)
