"""Period and filters travel along, as far as the next page knows them, and no link is refused."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from stats.accounts.roles import SEE_USAGE
from stats.admin.pages import PAGES
from stats.admin.pages.base import ReportPage
from stats.models import APIUsageStats
from tests.admin.conftest import ANN, BOB

# Of links alone; test_parameters.py asks each page of every database.
pytestmark = pytest.mark.once
CALLS = "/admin/stats/apiusagestats/"
USER, JOB = f"/admin/reports/users/{ANN}/", "/admin/reports/jobs/70/"
FILTERS = "period=last_month&success=true&currency=USD&cost_min=1"
# Those of calls: what is refused is none.
REPORTS = {
    page.name: page
    for page in PAGES
    if issubclass(page, ReportPage) and page.permission == SEE_USAGE
}
PATHS = {
    name: CALLS
    if name == "stats_apiusagestats_changelist"
    else f"/admin/{page.path}".replace("<id:user_id>", str(ANN)).replace("<id:job_id>", "70")
    for name, page in REPORTS.items()
}


def links(client: Client, url: str, part: str) -> dict[str, str]:
    """What the links in the first `part` (an opening tag) of a page are called, and their ends."""
    page = client.get(url).content.decode()
    tag = re.match(r"<(\w+)", part)
    assert tag
    inside = page.partition(part)[2].partition(f"</{tag[1]}>")[0]
    found = re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', inside, re.DOTALL)
    return {unescape(re.sub("<[^>]+>", "", text)).strip(): unescape(url) for url, text in found}


def sidebar(client: Client, url: str) -> dict[str, str]:
    return links(client, url, '<nav class="sticky" id="nav-sidebar"')


def trail(client: Client, url: str) -> dict[str, str]:
    return links(client, url, '<div class="breadcrumbs">')


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def sent(text: str) -> dict[str, str]:
    return dict(parse_qsl(text))


@pytest.mark.usefixtures("ledger")
def test_they_travel_from_every_page_to_every_report(analyst: Client) -> None:
    fixed = {str(page.title): page.fixed_filters for page in REPORTS.values() if page.in_navigation}
    ends = set()
    for path in PATHS.values():
        entries = sidebar(analyst, f"{path}?{FILTERS}")
        assert trail(analyst, f"{path}?{FILTERS}")["Home"] == entries["Overview"], path
        for title, not_taken in {**fixed, "API calls": ()}.items():
            taken = {name: value for name, value in sent(FILTERS).items() if name not in not_taken}
            assert query(entries[title]) == taken, (path, title)
            ends.add(entries[title])
    # Most pages lead to the same.
    for end in ends:
        assert analyst.get(end).status_code == 200, end


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_nothing_travels_where_nothing_is_given(analyst: Client, path: str) -> None:
    assert not any(query(url) for url in sidebar(analyst, path).values())


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    ("url", "to_reports", "to_errors", "to_calls"),
    [
        # A page's own.
        ("/admin/reports/users/?rank=calls&ranked_in=USD&user_id=1", *["user_id=1"] * 3),
        (f"{CALLS}?order=oldest&period=7d", *["period=7d"] * 3),
        # What only some pages know.
        (f"{CALLS}?failure={'0' * 40}&user_id=1", "user_id=1",
         *[f"failure={'0' * 40}&user_id=1"] * 2),
        (f"{CALLS}?period=all&user_id=1", *["period=all&user_id=1"] * 3),
        # What is refused, or wrong together.
        ("/admin/?success=banana&user_id=1&nonsense=1", *["user_id=1"] * 3),
        ("/admin/?period=7d&created_at_after=2026-11-01&user_id=1",
         *["created_at_after=2026-11-01&user_id=1"] * 3),
    ],
)  # fmt: skip
def test_what_a_page_does_not_know_stays_behind(
    analyst: Client, url: str, to_reports: str, to_errors: str, to_calls: str
) -> None:
    entries = sidebar(analyst, url)
    assert query(entries["Users"]) == sent(to_reports)
    assert query(entries["Errors"]) == sent(to_errors)
    assert query(entries["API calls"]) == sent(to_calls)
    for entry in entries.values():
        assert analyst.get(entry).status_code == 200


@pytest.mark.usefixtures("ledger")
def test_from_a_user_back_to_the_users(analyst: Client) -> None:
    back = trail(analyst, f"{USER}?{FILTERS}")["Users"]
    assert back.startswith("/admin/reports/users/?")
    assert query(back) == sent(FILTERS)


def closing(client: Client, url: str) -> str:
    page = client.get(url).content.decode()
    (url,) = re.findall(r'<a href="([^"]*)" class="closelink"', page)
    return unescape(url)


@pytest.mark.usefixtures("ledger")
class TestACall:
    def rows(self, analyst: Client, url: str) -> dict[str, str]:
        return links(analyst, url, '<table data-table="calls"')

    def test_closes_where_it_was_opened(self, analyst: Client) -> None:
        url = f"{CALLS}?period=90d&success=true&order=oldest"
        call = self.rows(analyst, url)["12:00:00"]
        for back in (closing(analyst, call), trail(analyst, call)["API calls"]):
            assert query(back) == {"period": "90d", "success": "true", "order": "oldest"}
            assert analyst.get(back).status_code == 200
        filters = {"period": "90d", "success": "true"}
        assert query(trail(analyst, call)["Home"]) == filters
        assert query(sidebar(analyst, call)["Users"]) == filters

    def test_leads_to_its_user_and_its_job(self, analyst: Client) -> None:
        rows = self.rows(analyst, f"{CALLS}?period=90d&job_id=70&success=true")
        found = links(analyst, rows["12:00:00"], "<fieldset")
        assert query(found["Ann"]) == {"period": "90d", "job_id": "70", "success": "true"}
        assert query(found["Patent"]) == {"period": "90d", "success": "true"}
        assert {analyst.get(url).status_code for url in found.values()} == {200}

    def test_of_all_time_leads_to_all_time(self, analyst: Client) -> None:
        rows = self.rows(analyst, f"{CALLS}?period=all&user_id={ANN}&success=true")
        month = {"created_at_after": "2026-11-01", "created_at_before": "2026-11-30"}
        assert query(rows["Patent"]) == {"period": "all", "user_id": str(ANN), "success": "true"}
        call = APIUsageStats.objects.get(job_id=70)
        alone = links(analyst, f"{CALLS}{call.pk}/change/", "<fieldset")
        assert [query(url) for url in alone.values()] == [month, month]

    @pytest.mark.parametrize(
        ("path", "filters"),
        [
            ("/admin/", {"period": "7d", "currency": "USD"}),
            (f"/admin/reports/users/{BOB}/", {"period": "7d", "currency": "USD", "user_id": "2"}),
        ],
    )
    def test_from_a_report_closes_under_its_filters(
        self, analyst: Client, path: str, filters: dict[str, str]
    ) -> None:
        page = analyst.get(path, {"period": "7d", "currency": "USD"}).content.decode()
        url = re.findall(rf'href="({CALLS}\d+/change/[^"]*)"', page)[0]
        assert query(closing(analyst, unescape(url))) == filters
