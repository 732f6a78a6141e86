"""`csv`: the columns of a posted call, and the row's `id` in its source. The ledger's own CSV of
calls is such a file."""

import re
from typing import Any

from stats.ingest.importers.formats import FileKind, Format, Row, Source, SourceCall, first
from stats.ingest.validation import COLUMN_KEYS

# Further columns of the ledger's own CSV: the time with its offset, and names as of today.
TIME_WITH_OFFSET = "created_at_with_offset"
NAMES = frozenset({"user", "job", "group"})
FLAGS = {"true": True, "false": False}
_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)


def read(row: Row) -> SourceCall:
    """A call. An empty cell is a null, as in the ledger's own CSV."""
    posted: dict[str, Any] = {
        name: value for name, value in row.items() if name in COLUMN_KEYS and name != "user_id"
    }
    posted["created_at"] = first(row, TIME_WITH_OFFSET, "created_at")
    if posted.get("success") is not None:
        posted["success"] = FLAGS.get(posted["success"].lower(), posted["success"])
    if posted.get("job_id") and _DIGITS.fullmatch(posted["job_id"]):
        posted["job_id"] = int(posted["job_id"])
    return SourceCall(row["id"], row["user_id"], posted)


FORMAT = Format(
    name="csv",
    source=Source.OWN,
    kinds=(FileKind.CSV,),
    columns=("id", "user_id", "api_endpoint", f"created_at or {TIME_WITH_OFFSET}"),
    read=read,
    known=frozenset({"id", TIME_WITH_OFFSET} | COLUMN_KEYS | NAMES),
)
