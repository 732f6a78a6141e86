"""Texts that the database does not hold are found nowhere and taken by no form, in utf8mb3 and
latin1 alike."""

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from tests.adoption.conftest import Live

pytestmark = pytest.mark.database("server")

# Per character set of the database a text that it does not hold, and one that it does.
TEXTS = {"utf8mb3": ("😀", "陳偉"), "latin1": ("陳偉", "é"), "utf8mb4": ("", "陳偉𠮷")}
PEOPLE = {
    "utf8mb3": ("ALTER TABLE dt_users CONVERT TO CHARACTER SET utf8mb3",
                "ALTER TABLE dt_translation_jobs CONVERT TO CHARACTER SET utf8mb3",
                "ALTER TABLE dt_api_usage_stats CONVERT TO CHARACTER SET utf8mb3"),
    "latin1": ("UPDATE dt_users SET display_name = 'José', department = 'R&D'",
               "UPDATE dt_translation_jobs SET original_filename = 'a.docx'",
               "ALTER TABLE dt_users CONVERT TO CHARACTER SET latin1",
               "ALTER TABLE dt_translation_jobs CONVERT TO CHARACTER SET latin1"),
    "utf8mb4": (),
}  # fmt: skip
BOXES = (
    "/admin/stats/enduser/?q={}",
    "/admin/stats/translationjob/?q={}",
    "/admin/stats/apikey/?q={}",
    "/admin/auth/user/?q={}",
    "/admin/auth/group/?q={}",
    "/admin/stats/budget/?currency={}",
    "/admin/stats/apikey/{}/change/",
    "/admin/stats/apikey/{}/history/",
    "/admin/stats/apikey/?q=service+{}",
    *(
        f"/admin/autocomplete/?app_label=stats&model_name=apiusagestats&field_name={field}&term={{}}"
        for field in ("user", "job")
    ),
    *(
        f"/admin/{page}?{name}={{}}&created_at_after=2024-01-01&created_at_before=2024-03-31"
        for page in (
            "",
            "reports/users/",
            "reports/endpoints/",
            "reports/changes/",
            "reports/cost/",
            "reports/errors/",
            "stats/apiusagestats/",
        )
        for name in ("group", "api_endpoint", "currency", "ranked_in")
        if name != "ranked_in" or page in ("", "reports/users/")
    ),
    *(f"/api/v1/calls/?{name}={{}}" for name in ("group", "api_endpoint", "currency")),
)


@pytest.fixture(scope="module", params=TEXTS)
def live(request: pytest.FixtureRequest, live_database: Callable[..., Live]) -> tuple[Live, str]:
    charset: str = request.param
    made = live_database(*PEOPLE[charset])
    made.execute(f"ALTER DATABASE {made.name} CHARACTER SET {charset}")
    made.adopt()
    return made, charset


def test_what_cannot_be_held_is_not_found(live: tuple[Live, str]) -> None:
    database, charset = live
    texts = [text for text in TEXTS[charset] if text]
    paths = [box.format(quote(text)) for box in BOXES for text in texts]
    answers = database.ask(*(("GET", path) for path in paths))
    odd = [
        (path, status, text[:200])
        for path, (status, text) in zip(paths, answers, strict=True)
        # An address of no key leads to the overview.
        if status not in ((302,) if "/apikey/%" in path else (200, 400))
        or (status == 400 and "ranked_in" not in path)
    ]
    assert odd == []


def test_nobody_comes_in_and_nothing_breaks(live: tuple[Live, str]) -> None:
    """Whatever is typed at the door, or brought along in a cookie."""
    database, charset = live
    for text in filter(None, TEXTS[charset]):
        form = {"username": text, "password": text}
        cookie = f"sessionid={text * 8}; __Host-sessionid={text * 8}"
        answers = database.ask(
            ("POST", "/admin/login/", form, ""),
            ("GET", "/admin/login/", {}, cookie),
            ("POST", "/admin/password_change/",
             {"old_password": text, "new_password1": text, "new_password2": text}),
        )  # fmt: skip
        assert [status for status, _page in answers] == [200] * 3
        assert "Please enter the correct username and password" in answers[0][1]


FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "/admin/stats/apikey/add/": ("name", {"may_record": "on"}),
    "/admin/auth/group/add/": ("name", {}),
    "/admin/auth/user/add/": (
        "username",
        {"usable_password": "true", "password1": "corrèct horse", "password2": "corrèct horse"},
    ),
}


def test_a_form_names_the_field(live: tuple[Live, str]) -> None:
    database, charset = live
    unheld, held = TEXTS[charset]
    for path, (name, form) in FORMS.items():
        fine, *refused = database.ask(
            *(("POST", path, {**form, name: f"x{text}"}) for text in (held, unheld) if text)
        )
        assert fine[0] in (200, 302), path
        assert "errorlist" not in fine[1], path
        for status, page in refused:
            assert status == 200
            message = "This database cannot store some of these characters."
            errors = re.findall(r'<ul class="errorlist" id="id_(\w+)_error"><li>(.*?)</li>', page)
            assert [(field, unescape(text)) for field, text in errors] == [(name, message)], path


def test_names_are_found_as_ever(live: tuple[Live, str]) -> None:
    database, charset = live
    term, name = ("é", "José") if charset == "latin1" else ("陳", "陳偉")
    query = f"app_label=stats&model_name=apiusagestats&field_name=user&term={term}"
    [(status, text)] = database.ask(("GET", f"/admin/autocomplete/?{query}"))
    assert status == 200
    assert {found["text"] for found in json.loads(text)["results"]} == {name}
