"""How far each rollup is filled that is added from now on; NULL: there is none yet."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("stats", "0006_key_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="foldstate",
            name="fills",
            field=models.JSONField(null=True),
        ),
    ]
