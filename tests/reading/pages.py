"""Every report page of the registry, with each of its own parameters."""

from collections.abc import Iterator

from django.urls import reverse

from stats.admin.pages import PAGES
from stats.admin.pages.base import ReportPage
from tests.reading.calls import MIXED, VARIANTS
from tests.reading.expected import JOB, USER, Case

REPORTS = [page for page in PAGES if issubclass(page, ReportPage)]
OF_SUBJECT = {"reports_user": [USER], "reports_job": [JOB]}
# Parameters without choices, with a value that changes the page.
OTHERWISE = {"ranked_in": "RMB"}
# Parameters of a position.
PLACES = ("cursor",)


def address(page: type[ReportPage]) -> str:
    return reverse(f"admin:{page.name}", args=OF_SUBJECT.get(page.name, []))


def cases_of(page: type[ReportPage]) -> Iterator[Case]:
    """The page over each ledger, with each of its parameters."""
    for variant in VARIANTS:
        yield Case(page.name, variant)
        for name, values in page.own_parameters.items():
            if name in PLACES:
                continue
            if values is not None:
                yield from (Case(page.name, variant, {name: str(one)}) for one in values[1:])
            elif variant is MIXED:
                yield Case(page.name, variant, {name: OTHERWISE[name]})


CASES = [(page, case) for page in REPORTS for case in cases_of(page)]


def label(value: object) -> str | None:
    """The id of a test case."""
    if isinstance(value, Case):
        return "-".join([str(value.variant), *value.parameters.values()])
    return value.name if isinstance(value, type) and issubclass(value, ReportPage) else None
