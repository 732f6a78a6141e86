"""Every report page of the registry, under each of its own parameters."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.urls import reverse

from stats.admin.pages import PAGES
from stats.admin.pages.base import ReportPage
from tests.reading.calls import MIXED, SOUND, VARIANTS
from tests.reading.expected import BESIDE, ENDPOINT, JOB, USER, Case

REPORTS = [page for page in PAGES if issubclass(page, ReportPage)]
OF_SUBJECT = {"reports_user": [USER], "reports_job": [JOB]}
# Filters without which there is nothing to show.
CHOSEN = {
    "reports_endpoint": [("api_endpoint", ENDPOINT)],
    "reports_compare": [("user_id", str(user)) for user in BESIDE],
}
# Parameters of any value, each with one that changes what is shown.
OTHERWISE = {"ranked_in": "RMB", "account": "1"}
# Costs in several currencies have no order: tests/admin/test_sorted_calls.py.
WITHOUT_ORDER = ("cost", "-cost")
# Where on the page one is.
PLACES = ("cursor",)


def address(page: type[ReportPage]) -> str:
    path = reverse(f"admin:{page.name}", args=OF_SUBJECT.get(page.name, []))
    chosen = CHOSEN.get(page.name)
    return f"{path}?{urlencode(chosen)}" if chosen else path


def asked_of(page: type[ReportPage]) -> Iterator[Case]:
    """The page over each ledger, under each of its parameters."""
    for variant in VARIANTS:
        yield Case(page.name, variant)
        for name, parameter in page.own_parameters.items():
            if name in PLACES:
                continue
            if values := parameter.schema.get("enum"):
                yield from (
                    Case(page.name, variant, {name: str(one)})
                    for one in values[1:]
                    if not (variant is MIXED and one in WITHOUT_ORDER)
                )
            elif variant is MIXED:
                yield Case(page.name, variant, {name: OTHERWISE[name]})
    yield Case(page.name, SOUND)


CASES = [(page, case) for page in REPORTS for case in asked_of(page)]


def label(value: object) -> str | None:
    """What a case is called among the tests."""
    if isinstance(value, Case):
        return "-".join([str(value.variant), *value.parameters.values()])
    return value.name if isinstance(value, type) and issubclass(value, ReportPage) else None
