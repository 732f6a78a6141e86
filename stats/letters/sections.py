"""The sections of a letter, each with what there is to tell, or that there is nothing."""

from collections.abc import Iterator

from stats.letters import bill, costs, watched
from stats.letters.contents import Contents
from stats.letters.letter import Section


def of(found: Contents) -> Iterator[Section]:
    """In the order of the letter."""
    for one in found.currencies:
        yield costs.spenders(found, one)
        if one.changes and one.changes.before.cost and one.changes.users.rows:
            yield costs.differences(found, one, one.changes)
    yield from costs.outlook(found)
    yield watched.budgets(found)
    yield watched.unusual(found)
    if found.figures.now.calls:
        yield bill.left_out(found)
        yield bill.statement(found)
    yield from bill.closing(found)
