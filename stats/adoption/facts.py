"""What there is in the database, as far as adopting asks for it; no judgement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

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
        """Whether the server fills the column where an INSERT does not name it."""
        made = ("auto_increment", "generated", "virtual", "stored", "persistent")
        extra = self.extra.lower()
        return self.is_nullable or self.has_default or any(word in extra for word in made)


@dataclass(frozen=True, slots=True)
class Index:
    """An index; `is_plain` where it holds whole columns in a B-tree, as ours do."""

    name: str
    columns: tuple[str, ...]
    is_plain: bool = True
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key of one column."""

    column: str
    table: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `rows` is the server's estimate, `idle_seconds` None where it does not know."""

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
    """The server; `offset` is what its NOW() is ahead of UTC in a session like ours."""

    is_mariadb: bool
    version: tuple[int, ...]
    version_text: str
    global_sql_mode: str
    session_sql_mode: str
    is_read_only: bool
    # Whether its binary log is one of statements.
    logs_statements: bool
    utc_now: datetime
    offset: timedelta


@dataclass(frozen=True, slots=True)
class Odd:
    """How many calls have values that a live table may hold and no reader expects."""

    times: int
    successes: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything an inspection asks for. `newest` is the naive time of the call last inserted."""

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
    # Indexes that the server made for a foreign key, and would drop under one of ours.
    silent_indexes: tuple[str, ...] = ()
    # None where they could not be counted in time.
    odd: Odd | None = Odd(0, 0)
    # Of the ids that the column holds, from 0 to 1.
    ids_used: float = 0.0
