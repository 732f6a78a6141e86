"""The rollups: sums per day or month, and how far they have come (docs/rollups.md)."""

import stats.models.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stats', '0003_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='CurrencyName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', stats.models.fields.ExactCharField(max_length=64, unique=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='DayEndpoint',
            fields=[
                ('currency_id', models.SmallIntegerField()),
                ('success', models.BooleanField()),
                ('cost_kind', models.SmallIntegerField()),
                ('calls', models.IntegerField()),
                ('prompt_tokens', models.BigIntegerField()),
                ('completion_tokens', models.BigIntegerField()),
                ('total_tokens', models.BigIntegerField()),
                ('cost_units', models.BigIntegerField()),
                ('response_ms', models.BigIntegerField()),
                ('timed_calls', models.IntegerField()),
                ('pk', models.CompositePrimaryKey('day', 'endpoint_id', 'currency_id', 'success', 'cost_kind', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('endpoint_id', models.IntegerField()),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='DayFailure',
            fields=[
                ('pk', models.CompositePrimaryKey('day', 'kind_id', 'endpoint_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('kind_id', models.IntegerField()),
                ('endpoint_id', models.IntegerField()),
                ('failures', models.IntegerField()),
                ('first_at', stats.models.fields.WholeSecondField(null=True)),
                ('last_at', stats.models.fields.WholeSecondField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='DayLatency',
            fields=[
                ('pk', models.CompositePrimaryKey('day', 'endpoint_id', 'bucket', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('endpoint_id', models.IntegerField()),
                ('bucket', models.SmallIntegerField()),
                ('timed_calls', models.IntegerField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='DayUser',
            fields=[
                ('currency_id', models.SmallIntegerField()),
                ('calls', models.IntegerField()),
                ('successes', models.IntegerField()),
                ('prompt_tokens', models.BigIntegerField()),
                ('completion_tokens', models.BigIntegerField()),
                ('total_tokens', models.BigIntegerField()),
                ('cost_units', models.BigIntegerField()),
                ('costed_calls', models.IntegerField()),
                ('failed_cost_units', models.BigIntegerField()),
                ('failed_costed_calls', models.IntegerField()),
                ('response_ms', models.BigIntegerField()),
                ('timed_calls', models.IntegerField()),
                ('unpriced_calls', models.IntegerField()),
                ('unpriced_tokens', models.BigIntegerField()),
                ('rounded_away_calls', models.IntegerField()),
                ('rounded_away_tokens', models.BigIntegerField()),
                ('no_usage_calls', models.IntegerField()),
                ('pk', models.CompositePrimaryKey('day', 'user_id', 'currency_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('user_id', models.BigIntegerField()),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='DayUserEndpoint',
            fields=[
                ('currency_id', models.SmallIntegerField()),
                ('success', models.BooleanField()),
                ('cost_kind', models.SmallIntegerField()),
                ('calls', models.IntegerField()),
                ('prompt_tokens', models.BigIntegerField()),
                ('completion_tokens', models.BigIntegerField()),
                ('total_tokens', models.BigIntegerField()),
                ('cost_units', models.BigIntegerField()),
                ('response_ms', models.BigIntegerField()),
                ('timed_calls', models.IntegerField()),
                ('pk', models.CompositePrimaryKey('day', 'user_id', 'endpoint_id', 'currency_id', 'success', 'cost_kind', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('user_id', models.BigIntegerField()),
                ('endpoint_id', models.IntegerField()),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='DayUserOutcome',
            fields=[
                ('currency_id', models.SmallIntegerField()),
                ('success', models.BooleanField()),
                ('cost_kind', models.SmallIntegerField()),
                ('calls', models.IntegerField()),
                ('prompt_tokens', models.BigIntegerField()),
                ('completion_tokens', models.BigIntegerField()),
                ('total_tokens', models.BigIntegerField()),
                ('cost_units', models.BigIntegerField()),
                ('response_ms', models.BigIntegerField()),
                ('timed_calls', models.IntegerField()),
                ('pk', models.CompositePrimaryKey('day', 'user_id', 'currency_id', 'success', 'cost_kind', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('user_id', models.BigIntegerField()),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='EndpointName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', stats.models.fields.ExactCharField(max_length=500, unique=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='FailureKind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', stats.models.fields.ExactCharField(max_length=40, unique=True)),
                ('message', stats.models.fields.ExactCharField(max_length=500)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='FoldedChunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('after_id', models.BigIntegerField()),
                ('last_id', models.BigIntegerField()),
                ('calls', models.IntegerField()),
                ('days', models.JSONField()),
                ('folded_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='FoldState',
            fields=[
                ('id', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('folded_to', models.BigIntegerField(default=0)),
                ('safe_id', models.BigIntegerField(default=0)),
                ('seen_id', models.BigIntegerField(default=0)),
                ('seen_at', models.DateTimeField(null=True)),
                ('purged_to', models.BigIntegerField(default=0)),
                ('zones', models.CharField(default='', max_length=128)),
                ('folded_at', models.DateTimeField(null=True)),
                ('purged_before', models.DateField(null=True)),
                ('purges', models.IntegerField(db_default=0, default=0)),
                ('verified_at', models.DateTimeField(null=True)),
                ('differing_days', models.JSONField(default=list)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='MonthLatency',
            fields=[
                ('pk', models.CompositePrimaryKey('month', 'endpoint_id', 'bucket', blank=True, editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('endpoint_id', models.IntegerField()),
                ('bucket', models.SmallIntegerField()),
                ('timed_calls', models.IntegerField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='MonthUser',
            fields=[
                ('currency_id', models.SmallIntegerField()),
                ('calls', models.IntegerField()),
                ('successes', models.IntegerField()),
                ('prompt_tokens', models.BigIntegerField()),
                ('completion_tokens', models.BigIntegerField()),
                ('total_tokens', models.BigIntegerField()),
                ('cost_units', models.BigIntegerField()),
                ('costed_calls', models.IntegerField()),
                ('failed_cost_units', models.BigIntegerField()),
                ('failed_costed_calls', models.IntegerField()),
                ('response_ms', models.BigIntegerField()),
                ('timed_calls', models.IntegerField()),
                ('unpriced_calls', models.IntegerField()),
                ('unpriced_tokens', models.BigIntegerField()),
                ('rounded_away_calls', models.IntegerField()),
                ('rounded_away_tokens', models.BigIntegerField()),
                ('no_usage_calls', models.IntegerField()),
                ('pk', models.CompositePrimaryKey('month', 'user_id', 'currency_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('user_id', models.BigIntegerField()),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='MonthUserEndpoint',
            fields=[
                ('currency_id', models.SmallIntegerField()),
                ('success', models.BooleanField()),
                ('cost_kind', models.SmallIntegerField()),
                ('calls', models.IntegerField()),
                ('prompt_tokens', models.BigIntegerField()),
                ('completion_tokens', models.BigIntegerField()),
                ('total_tokens', models.BigIntegerField()),
                ('cost_units', models.BigIntegerField()),
                ('response_ms', models.BigIntegerField()),
                ('timed_calls', models.IntegerField()),
                ('pk', models.CompositePrimaryKey('month', 'user_id', 'endpoint_id', 'currency_id', 'success', 'cost_kind', blank=True, editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('user_id', models.BigIntegerField()),
                ('endpoint_id', models.IntegerField()),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='MonthUserOutcome',
            fields=[
                ('currency_id', models.SmallIntegerField()),
                ('success', models.BooleanField()),
                ('cost_kind', models.SmallIntegerField()),
                ('calls', models.IntegerField()),
                ('prompt_tokens', models.BigIntegerField()),
                ('completion_tokens', models.BigIntegerField()),
                ('total_tokens', models.BigIntegerField()),
                ('cost_units', models.BigIntegerField()),
                ('response_ms', models.BigIntegerField()),
                ('timed_calls', models.IntegerField()),
                ('pk', models.CompositePrimaryKey('month', 'user_id', 'currency_id', 'success', 'cost_kind', blank=True, editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('user_id', models.BigIntegerField()),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
            },
        ),
    ]
