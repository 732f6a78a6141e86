"""Groups of users: standalone with their dates; adopted, the translator's column is that of today."""

import stats.models.fields
from django.conf import settings
from django.db import migrations, models
from django.db.models import CASCADE


def group_of_today() -> list[migrations.AddField]:
    if settings.ADOPTED:
        return []
    field = stats.models.fields.ExactCharField(
        "group today", max_length=191, blank=True, default="", db_default=""
    )
    return [migrations.AddField("enduser", "group", field)]


class Migration(migrations.Migration):
    dependencies = [("stats", "0013_notices")]
    operations = [
        *group_of_today(),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("group", stats.models.fields.ExactCharField(max_length=191)),
                ("since", models.DateField()),
                ("until", models.DateField(default=stats.models.users_and_jobs.NO_END)),
                (
                    "user",
                    models.ForeignKey(
                        "stats.enduser", CASCADE, related_name="memberships", db_constraint=False
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("user", "since"), name="membership_since")
                ],
            },
        ),
    ]
