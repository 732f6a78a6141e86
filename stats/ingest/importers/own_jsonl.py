"""`jsonl`: calls as they are posted, in either form, each with the `id` that it has where it comes
from."""

from stats.ingest.importers.formats import FileKind, Format, Row, Source, SourceCall

BESIDES = ("id", "user_id")


def read(row: Row) -> SourceCall:
    """A row → a call."""
    posted = {name: value for name, value in row.items() if name not in BESIDES}
    return SourceCall(row["id"], row["user_id"], posted)


FORMAT = Format(
    name="jsonl",
    source=Source.OWN,
    kinds=(FileKind.JSONL,),
    columns=(("id",), ("user_id",), ("api_endpoint",), ("created_at",)),
    read=read,
    names={},
)
