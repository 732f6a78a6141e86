"""`jsonl`: calls as they are posted, in either form, each with the `id` that it has where it comes
from."""

from stats.ingest.importers.formats import FileKind, Format, Row, Source, SourceCall


def read(row: Row) -> SourceCall:
    """A row → a call."""
    posted = dict(row)
    return SourceCall(posted.pop("id"), posted.pop("user_id"), posted)


FORMAT = Format(
    name="jsonl",
    source=Source.OWN,
    kinds=(FileKind.JSONL,),
    columns=(("id",), ("user_id",), ("api_endpoint",), ("created_at",)),
    read=read,
    names={},
)
