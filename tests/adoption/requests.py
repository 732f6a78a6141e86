"""python -m tests.adoption.requests JSON: requests to our application, answered in JSON.

As a superuser and, under /api/, as a service that may record and read; with cookies, after the
body, as whom they say.
"""

import json
import sys
from typing import Any

import django


def answer(requests: list[list[Any]]) -> list[tuple[int, str]]:
    django.setup()
    from django.contrib.auth.models import User
    from django.test import Client
    from django.utils import timezone

    from stats.accounts import keys

    person = Client()
    person.force_login(User.objects.create_superuser("adopter"))
    _key, secret = keys.create("service", keys.SCOPES, None, timezone.now())
    service = Client(headers={"Authorization": f"Api-Key {secret}"})
    answers = []
    for method, path, *body in requests:
        client = service if path.startswith("/api/") else person
        if len(body) > 1:
            # As a server hands them on.
            client = Client(headers={"Cookie": body[1].encode().decode("latin-1")})
        if path.startswith("/api/"):
            given = (
                {"data": json.dumps(body[0]), "content_type": "application/json"} if body else {}
            )
        else:
            given = {"data": body[0]} if body else {}
        response = getattr(client, method.lower())(path, **given)
        body_of = response.getvalue() if response.streaming else response.content
        # Bytes of files too: `surrogateescape` gives them back.
        answers.append((response.status_code, body_of.decode(errors="surrogateescape")))
    User.objects.filter(username="adopter").delete()
    return answers


if __name__ == "__main__":
    json.dump(answer(json.loads(sys.argv[1])), sys.stdout)
