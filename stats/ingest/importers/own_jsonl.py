"""`jsonl`: posted calls in any form, each with its `id` in its source."""

from stats.ingest.importers.formats import FileKind, Format, Row, Source, SourceCall


def read(row: Row) -> SourceCall:
    """A call."""
    posted = dict(row)
    return SourceCall(posted.pop("id"), posted.pop("user_id"), posted)


FORMAT = Format(
    name="jsonl",
    source=Source.OWN,
    kinds=(FileKind.JSONL,),
    columns=("id", "user_id", "api_endpoint", "created_at"),
    read=read,
)
