"""A job's page: its own figures, and the ways that lead to it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from stats.models import APIUsageStats
from tests.admin.conftest import ANN, at, given
from tests.ledger import row, write

Context = Callable[..., dict[str, Any]]
PATH = "/admin/reports/jobs/"


@pytest.mark.usefixtures("ledger")
class TestJob:
    def test_figures_are_the_jobs_own(self, shown: Context, analyst: Client) -> None:
        page = shown(f"{PATH}70/")
        assert (page["title"], page["about"]) == ("Patent", "job 70")
        assert page["users"].source.total.sums.costs == page["endpoints"].source.total.sums.costs
        for lines in (page["users"].source.lines, page["endpoints"].source.lines):
            there = given(analyst.get(lines[0].calls_url))
            assert there["totals"][0] == ("1", "call")
        assert [line.label for line in page["users"].source.lines] == ["Ann"]

    def test_bars_lead_to_the_jobs_calls(self, shown: Context, analyst: Client) -> None:
        day = shown(f"{PATH}70/")["chart"].rows[1]
        assert given(analyst.get(day.link))["totals"][0] == ("1", "call")

    def test_names_of_jobs_lead_here(self, shown: Context, analyst: Client) -> None:
        call = APIUsageStats.objects.get(job_id=70)
        (listed,) = shown("/admin/stats/apiusagestats/", job_id=70)["bands"][0].rows
        ranked = shown(f"/admin/reports/users/{ANN}/")["jobs"].source.lines[0]
        for url in (listed.job_url, ranked.url):
            assert given(analyst.get(url))["title"] == "Patent"
        assert listed.job_url in analyst.get(
            f"/admin/stats/apiusagestats/{call.pk}/change/"
        ).content.decode().replace("&amp;", "&")

    @pytest.mark.parametrize("job_id", [999, 2**63])
    def test_an_unknown_one(self, analyst: Client, job_id: int) -> None:
        assert analyst.get(f"{PATH}{job_id}/").status_code == 404

    def test_another_job_cannot_be_asked_for_beside(self, analyst: Client) -> None:
        assert analyst.get(f"{PATH}70/", {"job_id": 71}).status_code == 400

    def test_one_without_calls_in_the_period(self, shown: Context) -> None:
        nothing = shown(f"{PATH}70/", period="today")["empty"]
        assert nothing.text == "The latest matching call was on 2 Nov 2026."


def test_too_many_calls_are_not_read(analyst: Client, people: None, settings: Any) -> None:
    settings.MOST_CALLS_READ = 2
    write(*(row(job_id=70, created_at=at(3)) for _ in range(3)))
    answer = analyst.get(f"{PATH}70/")
    assert answer.status_code == 200
    assert given(answer)["empty"].title == "Too many calls to read one by one"
