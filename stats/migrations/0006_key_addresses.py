"""A key is addressed by its prefix: its id held its hash as well, and so did the admin's log."""

from django.db import migrations
from django.db.models import F


def drop_hashes(apps, schema_editor):
    using = schema_editor.connection.alias
    keys = apps.get_model("stats", "APIKey").objects.using(using)
    keys.exclude(pk=F("prefix")).update(id=F("prefix"))
    log = apps.get_model("admin", "LogEntry").objects.using(using)
    of_keys = {"content_type__app_label": "stats", "content_type__model": "apikey"}
    for entry in log.filter(object_id__contains=".", **of_keys):
        entry.object_id = entry.object_id.partition(".")[0]
        entry.save(update_fields=["object_id"])


class Migration(migrations.Migration):

    dependencies = [
        ("stats", "0005_idempotency"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [migrations.RunPython(drop_hashes, migrations.RunPython.noop)]
