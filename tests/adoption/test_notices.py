"""Notices beside another application's tables, whose users have groups."""

import pytest

from tests.adoption.conftest import ADOPTED, Live
from tests.notices.test_groups import check, found_in

pytestmark = pytest.mark.database("server")


def test_whoever_hears_of_one_group_hears_of_it_alone(live: Live) -> None:
    live.adopt()
    check(found_in(live.url, **ADOPTED))
