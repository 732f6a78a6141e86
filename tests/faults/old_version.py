"""A version of the application that knows the tables as they were after one of the migrations.

Run as a program it makes them, then writes and reads them, again and again; after each round it
says when that began.
"""

import sys
import time
from typing import Any

ROWS_READ = 20


def main(migration: str) -> None:
    import django

    django.setup()
    models = migrated_to(migration)
    while True:
        began = time.monotonic()
        for model in models:
            add_row(model)
            list(model._default_manager.order_by("-pk")[:ROWS_READ])
        print(began, flush=True)


def migrated_to(migration: str) -> list[Any]:
    """Our models as that migration leaves them; other applications are migrated whole."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    others = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] != "stats"]
    executor.migrate([("stats", migration), *others])
    state = executor.loader.project_state(("stats", migration))
    return list(state.apps.get_app_config("stats").get_models())


def add_row(model: Any) -> None:
    """With something in every column that must have it."""
    from model_bakery import baker, generators, random_gen

    generators.add("stats.models.fields.ExactCharField", random_gen.gen_string)
    given: Any = {"name": "somebody"} if hasattr(model, "name") else {}
    baker.make(model, **given)


if __name__ == "__main__":
    main(*sys.argv[1:])
