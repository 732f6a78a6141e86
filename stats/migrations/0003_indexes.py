"""The indexes that lists and reports need, apart from the tables so that they can be left out of them.

Adopted, they are created on the other application's table while it writes (stats/db/online.py).
"""

from django.db import migrations, models

from stats.db.migration_operations import AddIndexOnline


class Migration(migrations.Migration):

    dependencies = [("stats", "0002_access")]

    operations = [
        AddIndexOnline(
            model_name='apiusagestats',
            index=models.Index(fields=['created_at'], name='usage_created_at'),
        ),
        AddIndexOnline(
            model_name='apiusagestats',
            index=models.Index(fields=['user', 'created_at'], name='usage_user_created_at'),
        ),
        AddIndexOnline(
            model_name='apiusagestats',
            index=models.Index(fields=['job', 'created_at'], name='usage_job_created_at'),
        ),
    ]
