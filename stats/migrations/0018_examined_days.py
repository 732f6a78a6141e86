"""Since when days are looked at; outcomes of jobs as sentences that are read in any language."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stats", "0017_names_of_budgets_fields")]
    operations = [
        migrations.CreateModel(
            name="ExaminedDays",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateField()),
                ("through", models.DateField()),
            ],
            options={"abstract": False, "default_permissions": ()},
        ),
        migrations.AlterField("scheduledjob", "outcome", models.TextField(blank=True)),
    ]
