"""Bars are to scale: as long beside one another as the shares that stand beside them."""

import re
from decimal import Decimal

import pytest
from django.test import Client

from tests.admin.conftest import at
from tests.ledger import row, write

# How figures are drawn; other tests ask these pages of each database.
pytestmark = pytest.mark.once

ROW = re.compile(
    r"<tr[^>]*>(?:(?!</tr>).)*?<td class=\"bar-cell wide-only\"\s*>.*?</tr>", re.DOTALL
)


@pytest.mark.parametrize("path", ["/admin/", "/admin/reports/users/", "/admin/reports/jobs/70/"])
def test_each_is_as_long_as_its_share(analyst: Client, people: None, path: str) -> None:
    """Of which the others, more than the largest together, have none."""
    costs = [33, 31, 29, 23, 19, 17, 13, 11, 7, 5, 5, 4, 3]
    write(*(
        row(user_id=100 + n, job_id=70, cost=str(cost), created_at=at(3))
        for n, cost in enumerate(costs)
    ))  # fmt: skip
    page = analyst.get(path).content.decode()
    bars: list[Decimal] = []
    shares: list[Decimal] = []
    for found in ROW.findall(page):
        (share,) = re.findall(r'<td class="number share wide-only"\s*>\s*([\d.]+)', found) or ["0"]
        length = re.findall(r'class="length" width="([\d.]+)%"', found)
        if "others" in found:
            assert Decimal(share) > max(shares)
            assert length == []
        elif length:
            bars.append(Decimal(length[0]))
            shares.append(Decimal(share))
    assert len(bars) in (7, len(costs))
    assert bars[0] == 100
    for bar, share in zip(bars, shares, strict=True):
        assert abs(bar / 100 - share / shares[0]) < Decimal("0.005")
