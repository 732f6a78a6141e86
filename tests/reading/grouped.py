"""python -m tests.reading.grouped JSON: pages of a ledger whose users have groups, in JSON.

Groups are a column that the model has from its settings, which are those of a process.
"""

import json
import sys

import django
import time_machine

# Two users have none, in either way of having none; one group is gone, one is new.
GROUPS = {
    1: "Sales",
    2: "R&D <b>",
    3: "Sales",
    4: "R&D <b>",
    5: "",
    6: None,
    7: "研發部",
    8: "Sales",
    9: "Law",
    10: "Night",
    11: "研發部",
    12: "Sales",
}


def answers(name: str, addresses: list[tuple[str, str]]) -> list[str]:
    """Each address in its language, over the variant of that name."""
    from django.contrib.auth.models import User

    from tests.ledger import in_zones
    from tests.reading.calls import NOW, VARIANTS, ZONES, written

    (variant,) = (variant for variant in VARIANTS if variant.name == name)
    with in_zones(ZONES), time_machine.travel(NOW, tick=False):
        if not User.objects.exists():
            User.objects.create_superuser("root")
            written(variant)
            write_groups()
        return [answer(*address) for address in addresses]


def write_groups() -> None:
    from django.db import connection

    groups = [(group, user) for user, group in GROUPS.items()]
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE dt_users SET department = %s WHERE id = %s", groups)


def answer(language: str, address: str) -> str:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.get())
    client.post("/i18n/setlang/", {"language": language, "next": "/"})
    answer = client.get(address)
    assert answer.status_code == 200, answer
    return bytes(answer.getvalue()).decode("utf-8-sig")


if __name__ == "__main__":
    django.setup()
    json.dump(answers(*json.loads(sys.argv[1])), sys.stdout)
