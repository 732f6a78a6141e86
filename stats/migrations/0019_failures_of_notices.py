"""Why a notice was not sent, as a sentence that is read in any language."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stats", "0018_examined_days")]
    operations = [
        migrations.AlterField("notice", "last_failure", models.TextField(blank=True)),
    ]
