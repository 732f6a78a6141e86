"""Rows to make others of, in SQL that every database knows."""

_DIGITS = " UNION ALL ".join(f"SELECT {digit} AS digit" for digit in range(10))


def numbers(first: int, last: int) -> str:
    """A table for FROM: its one column `seq` has the numbers from `first` to `last`."""
    places = range(len(str(last - first)))
    value = " + ".join([str(first), *(f"d{place}.digit * {10**place}" for place in places)])
    digits = " CROSS JOIN ".join(f"({_DIGITS}) AS d{place}" for place in reversed(places))
    return f"(SELECT seq FROM (SELECT {value} AS seq FROM {digits}) AS s WHERE seq <= {last}) AS n"
