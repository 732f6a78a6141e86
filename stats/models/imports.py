"""Which rows of other applications' files are calls here already."""

from django.db import models


class ImportedCall(models.Model):
    """That a row was imported: so it is never imported again, even where its call is purged.

    Of the row there are only numbers, 77 bytes on the disk: whose it is
    (`stats.ingest.importers.formats.Source`), 128 bits of the hash of its id, and 32 bits of what
    it says, to tell the same row from another one with its id.
    """

    pk = models.CompositePrimaryKey("source", "id_hash", "id_hash_low")
    source = models.SmallIntegerField()
    id_hash = models.BigIntegerField()
    id_hash_low = models.BigIntegerField()
    content_hash = models.IntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)
