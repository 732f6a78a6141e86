"""Which rows of imported files are calls already."""

from django.db import models

from stats.models.internal import InternalModel


class ImportedCall(InternalModel):
    """A row that was imported. It is never imported again, even if its call is purged.

    It takes 77 bytes on disk: the source (`stats.ingest.importers.formats.Source`), 128 bits of the
    hash of the row's id, and 32 bits of the hash of its content, to detect another row with that
    id.
    """

    pk = models.CompositePrimaryKey("source", "id_hash", "id_hash_low")
    source = models.SmallIntegerField()
    id_hash = models.BigIntegerField()
    id_hash_low = models.BigIntegerField()
    content_hash = models.IntegerField()

    class Meta(InternalModel.Meta):
        db_table_comment = "A row of an imported file that is a call already."
