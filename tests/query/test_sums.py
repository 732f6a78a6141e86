"""Sums asked in brief: what was not asked is not there, and so is never told as nothing."""

import pytest

from stats.admin.sheets.columns import Columns, counts, more_counts
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import BriefSums, Sums, together
from stats.reports.ranking import Measure
from tests.ledger import row, write

BRIEF = BriefSums(3, 40)
NOT_ASKED = sorted(set(Sums.__dataclass_fields__) - set(BriefSums.__dataclass_fields__))


@pytest.mark.parametrize("name", [*NOT_ASKED, "failures", "success_rate", "average_response_ms"])
def test_what_was_not_asked_cannot_be_read(name: str) -> None:
    assert hasattr(Sums(), name)
    with pytest.raises(AttributeError):
        getattr(BRIEF, name)


def test_nor_ranked_by() -> None:
    with pytest.raises(AttributeError):
        Measure.FAILURES.of(BRIEF)


def brief_sums(_item: object) -> BriefSums:
    return BRIEF


def test_nor_put_into_a_column() -> None:
    # The comments fail the check of types as soon as a column takes such sums.
    columns: Columns[object] = [
        *counts(brief_sums),  # type: ignore[arg-type]
        *more_counts(brief_sums),  # type: ignore[arg-type]
    ]
    readable = {"total_calls", "total_tokens"}
    for column in columns:
        if column.name not in readable:
            with pytest.raises(AttributeError):
                column.read(None)


def test_nor_does_adding_up_bring_it_in() -> None:
    assert together([BRIEF, BriefSums(2, 5)], BriefSums) == BriefSums(5, 45)
    assert type(together([], BriefSums)) is BriefSums


@pytest.mark.django_db
def test_what_was_asked_is_the_same() -> None:
    write(
        row(cost="1", user_id=1, job_id=7),
        row(cost="2", user_id=1, prompt_price_unit="RMB", success=False),
        row(cost=None, user_id=2, job_id=7),
    )
    everything = Selection()
    for brief, full in (
        (engine.by_user_in_brief(everything), engine.by_user(everything)),
        (engine.by_job_in_brief(everything), engine.by_job(everything)),
    ):
        assert [type(sums) for sums in brief.values()] == [BriefSums] * 2
        assert brief == {
            key: BriefSums(sums.calls, sums.total_tokens, costs=sums.costs)
            for key, sums in full.items()
        }
