"""Facts about a database that matter for adopting it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from stats.db.dialects.base import Reference

CALLS = "dt_api_usage_stats"
USERS = "dt_users"
JOBS = "dt_translation_jobs"
TABLES = (USERS, JOBS, CALLS)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as information_schema describes it: `data_type` is `int`, `kind` `int(11)`."""

    name: str
    data_type: str
    kind: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    fraction: int | None = None
    charset: str | None = None
    is_nullable: bool = True
    has_default: bool = False
    extra: str = ""

    @property
    def is_readable(self) -> bool:
        """Whether a person can read its values: it holds no bytes, bits or shapes."""
        kinds = ("blob", "binary", "bit", "geometry", "point", "linestring", "polygon", "vector")
        return not any(kind in self.data_type for kind in kinds)

    @property
    def is_filled_in(self) -> bool:
        """True if an INSERT may leave the column out."""
        made = ("auto_increment", "generated", "virtual", "stored", "persistent")
        extra = self.extra.lower()
        return self.is_nullable or self.has_default or any(word in extra for word in made)


@dataclass(frozen=True, slots=True)
class Index:
    """An index; `is_plain` if it is a B-tree of whole columns, like ours."""

    name: str
    columns: tuple[str, ...]
    is_plain: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `rows` is the server's estimate, `idle_seconds` is None if unknown."""

    name: str
    engine: str
    collation: str
    rows: int
    idle_seconds: int | None
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...]
    references: tuple[Reference, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of this name; case does not count, as it does not to the server."""
        name = name.lower()
        return next((column for column in self.columns if column.name.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Server:
    """The server; `offset` is that of NOW() from UTC in a session that sets no zone."""

    # A name of `stats.db.dialects.DIALECTS`.
    product: str
    version: tuple[int, ...]
    version_text: str
    global_sql_mode: str
    session_sql_mode: str
    is_read_only: bool
    # True if its binary log has statements only.
    logs_statements: bool
    utc_now: datetime
    offset: timedelta


@dataclass(frozen=True, slots=True)
class Odd:
    """The number of calls with an invalid time, and with a `success` other than 0 and 1."""

    times: int
    successes: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts. `newest` is the naive time of the call that was inserted last."""

    database: str
    account: str
    charset: str
    collation: str
    server: Server
    grants: tuple[str, ...]
    tables: Mapping[str, Table]
    table_names: frozenset[str]
    migrated_apps: frozenset[str]
    newest: datetime | None
    # Indexes that the server made for a foreign key, and would drop for one of ours.
    silent_indexes: tuple[str, ...] = ()
    # None if counting took too long.
    odd: Odd | None = Odd(0, 0)
    # The share of ids that are used, from 0 to 1.
    ids_used: float = 0.0
