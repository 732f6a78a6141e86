"""Posts of calls that were refused: what a service sent in vain, for whoever runs the ledger."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from stats.models.fields import ExactCharField
from stats.models.internal import InternalModel


class RefusedPost(InternalModel):
    """A POST that was answered with an error which repeating does not mend.

    Service and prefix are those of the API key, which may be gone by now. What was sent is JSON in
    ASCII, whatever an adopted database's character set.
    """

    # Counts up. It is unique, so two posts at once cannot take the same place.
    number = models.BigIntegerField(primary_key=True)
    created_at = models.DateTimeField(db_index=True)
    service = ExactCharField(max_length=50, db_index=True)
    key_prefix = models.CharField(max_length=8)
    status = models.SmallIntegerField()
    # Pairs of a field (empty: of none) and a sentence.
    errors = models.JSONField()
    # What the body begins with.
    body = models.JSONField()

    class Meta(InternalModel.Meta):
        db_table_comment = "A POST of calls that was refused."
        # Not `view_…`, which analysts have all of: bodies are texts of others.
        permissions = (("see_refused_posts", _("Can see refused posts")),)
