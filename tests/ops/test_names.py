"""The names of metrics, as Prometheus' own linter wants them."""

import shutil
import subprocess

import pytest
from django.test import Client
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PROMTOOL = shutil.which("promtool")
# What promtool takes for a unit that is no base unit.
UNITS = (
    *("milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "weeks"),
    *("bits", "kilobytes", "megabytes", "gigabytes", "fahrenheit", "percent", "kilograms"),
)
OF_HISTOGRAMS = ("_bucket", "_count", "_sum")


@pytest.fixture
def text(client: Client) -> str:
    return client.get("/metrics").content.decode()


def complaints(family: Metric) -> list[str]:
    """What there is to object to, as promtool does."""
    words = family.name.split("_")
    found = [f"{word} is no base unit" for word in words if word in UNITS]
    # The parser leaves "_total" out of a counter's name.
    if family.type != "counter" and family.name.endswith("_total"):
        found.append("_total is for counters")
    if family.type != "histogram" and family.name.endswith(OF_HISTOGRAMS):
        found.append("the end is for histograms")
    if family.type in words:
        found.append("the type is in the name")
    if not family.documentation:
        found.append("no help")
    if family.name.startswith("usage_ledger") and family.name.lower() != family.name:
        found.append("no snake case")
    return found


def test_names_are_as_they_should_be(text: str) -> None:
    families = list(text_string_to_metric_families(text))
    assert {family.name: found for family in families if (found := complaints(family))} == {}
    assert "usage_ledger_differing_dates" in {family.name for family in families}


def test_a_unit_that_is_none_is_objected_to() -> None:
    gauge = Metric("usage_ledger_differing_days", "Days.", "gauge")
    assert complaints(gauge) == ["days is no base unit"]


if PROMTOOL:

    def test_promtool_has_nothing_to_object_to(text: str) -> None:
        """Where it is installed; that it is Debian's whole Prometheus is too much to ask for."""
        command = [str(PROMTOOL), "check", "metrics"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
