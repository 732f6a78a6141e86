"""The indexes that lists and reports need, apart from the tables so that they can be left out of them.

Adopted, the table is another application's: `adopt_database --indexes` says how to create them.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("stats", "0002_access")]

    operations = [
        migrations.AddIndex(
            model_name='apiusagestats',
            index=models.Index(fields=['created_at'], name='usage_created_at'),
        ),
        migrations.AddIndex(
            model_name='apiusagestats',
            index=models.Index(fields=['user', 'created_at'], name='usage_user_created_at'),
        ),
        migrations.AddIndex(
            model_name='apiusagestats',
            index=models.Index(fields=['job', 'created_at'], name='usage_job_created_at'),
        ),
    ]
