"""What services were answered to a POST that may come again; a rate for each API key."""

import django.core.validators
import stats.models.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stats', '0004_sums'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='rate',
            field=models.PositiveIntegerField(blank=True, help_text='Empty: as many as the settings say.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='requests per minute'),
        ),
        migrations.CreateModel(
            name='IdempotencyRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', stats.models.fields.ExactCharField(max_length=50)),
                ('key', stats.models.fields.ExactCharField(max_length=200)),
                ('body_hash', models.CharField(max_length=64)),
                ('answer', models.TextField()),
                ('created_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('service', 'key'), name='idempotency_service_key')],
            },
        ),
    ]
