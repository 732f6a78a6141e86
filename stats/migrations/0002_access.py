"""Tables of our own beside the mirror: API keys, and which calls are demo data."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stats', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='APIKey',
            fields=[
                ('id', models.CharField(editable=False, max_length=150, primary_key=True, serialize=False, unique=True)),
                ('prefix', models.CharField(editable=False, max_length=8, unique=True)),
                ('hashed_key', models.CharField(editable=False, max_length=150)),
                ('created', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('name', models.CharField(default=None, help_text='A free-form name for the API key. Need not be unique. 50 characters max.', max_length=50)),
                ('revoked', models.BooleanField(blank=True, default=False, help_text='If the API key is revoked, clients cannot use it anymore. (This cannot be undone.)')),
                ('expiry_date', models.DateTimeField(blank=True, help_text='Once API key expires, clients cannot use it anymore.', null=True, verbose_name='Expires')),
                ('may_record', models.BooleanField(default=True, help_text='Post calls, and name users and jobs.', verbose_name='may record')),
                ('may_read', models.BooleanField(default=False, help_text='Read calls and statistics.', verbose_name='may read')),
                ('last_used_at', models.DateTimeField(editable=False, null=True, verbose_name='last used')),
            ],
            options={
                'verbose_name': 'API key',
                'verbose_name_plural': 'API keys',
                'ordering': ('-created',),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='DemoRows',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=64)),
                ('first_id', models.BigIntegerField()),
                ('last_id', models.BigIntegerField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
    ]
