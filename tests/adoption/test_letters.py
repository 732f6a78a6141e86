"""The letter to the head of a group, beside another application's tables."""

import pytest

from tests.adoption.conftest import ADOPTED, Live
from tests.letters.test_groups import NAMES, check, found_in

pytestmark = pytest.mark.database("server")


def test_it_has_that_group_alone(live: Live) -> None:
    live.adopt()
    live.execute(
        *(
            f"UPDATE dt_users SET display_name = '{NAMES[user]}' WHERE id = {user}"
            for user in (1, 2)
        ),
        *(
            "INSERT INTO dt_users (id, username, display_name, email) "
            f"VALUES ({user}, 'user{user}', '{NAMES[user]}', '{user}@example.com')"
            for user in (3, 4)
        ),
    )
    check(found_in(live.url, **ADOPTED))
    # Its collation takes one for the other.
    live.execute("UPDATE dt_users SET department = 'law' WHERE id = 4")
    words = ("--month", "2026-10", "--to", "a@example.com", "--group", "Law", "--print")
    done = live.manage("send_letter", *words, **ADOPTED)
    assert (done.returncode, done.stdout) == (1, "")
    assert "The database takes other groups for Law too." in done.stderr
