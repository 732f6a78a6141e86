"""Each table says in the database what a row of it is."""

from collections import Counter

import pytest
from django.apps import apps
from django.db import connection

SAID = {
    model._meta.db_table: model._meta.db_table_comment
    for model in apps.get_app_config("stats").get_models()
}


@pytest.mark.database("sqlite")
def test_each_model_says_something_of_its_own() -> None:
    assert [table for table, comment in SAID.items() if not comment] == []
    assert [comment for comment, times in Counter(SAID.values()).items() if times > 1] == []


@pytest.mark.django_db
@pytest.mark.database("server")
def test_the_server_tells_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, table_comment FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND table_name IN %s",
            [list(SAID)],
        )
        assert dict(cursor.fetchall()) == SAID
