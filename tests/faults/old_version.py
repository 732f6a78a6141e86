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
    from django.conf import settings
    from model_bakery import baker, generators, random_gen

    generators.add("stats.models.fields.ExactCharField", random_gen.gen_string)
    # Which are unique.
    names = (name for name in ("name", "key") if hasattr(model, name))
    given: dict[str, Any] = {name: f"one of {time.monotonic_ns()}" for name in names}
    # Or a check says that TIME_ZONE was changed.
    given |= dict.fromkeys(zones_of_entries(model), settings.TIME_ZONE)
    baker.make(model, **given)


def zones_of_entries(model: Any) -> list[str]:
    """The zone of an entry of closed months, or of the entry that a row comes with."""
    if model.__name__ == "ClosingEntry":
        return ["zone"]
    keys = (field for field in model._meta.fields if field.related_model)
    return [f"{key.name}__zone" for key in keys if key.related_model.__name__ == "ClosingEntry"]


if __name__ == "__main__":
    main(*sys.argv[1:])
