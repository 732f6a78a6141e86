"""Which rows of other applications' files are calls here already."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stats', '0007_fills'),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportedCall',
            fields=[
                ('pk', models.CompositePrimaryKey('source', 'id_hash', 'id_hash_low', blank=True, editable=False, primary_key=True, serialize=False)),
                ('source', models.SmallIntegerField()),
                ('id_hash', models.BigIntegerField()),
                ('id_hash_low', models.BigIntegerField()),
                ('content_hash', models.IntegerField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
    ]
