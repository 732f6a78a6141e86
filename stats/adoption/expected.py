"""The columns of spec §1, and how live columns may differ from them."""

from collections.abc import Callable
from dataclasses import dataclass

from stats.adoption.facts import CALLS, JOBS, USERS, Column
from stats.adoption.findings import Finding, blocks, differs, fits
from stats.ingest import columns
from stats.models import CurrencyName, EndpointName

# Whether a difference of the type blocks adopting, and what it is; None if the type fits.
Difference = tuple[bool, str] | None
Rule = Callable[[Column], Difference]

CHANGE = "Only the application that owns the table can change it: {statement}"
NO_ADVICE = "Nothing: adopting works."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A wanted column: its type `kind`, and the `rule` for other types."""

    table: str
    name: str
    kind: str
    rule: Rule
    is_nullable: bool = True

    @property
    def subject(self) -> str:
        return f"{self.table}.{self.name}"


def _whole(column: Column) -> Difference:
    if column.data_type not in ("int", "bigint"):
        return True, "holds too little or no whole numbers"
    if column.data_type == "bigint":
        return False, "is wider"
    return (False, "holds no negative numbers") if "unsigned" in column.kind else None


def _text(least: int, most: int) -> Rule:
    def rule(column: Column) -> Difference:
        if column.data_type != "varchar":
            return True, "is no varchar"
        length = column.length or 0
        if length < least:
            return True, f"cuts what may be {least} characters long"
        if length > most:
            return True, f"is longer than the {most} characters that can be summed up by it"
        return (False, "is wider") if length > least else None

    return rule


def _long_text(column: Column) -> Difference:
    if column.data_type in ("mediumtext", "longtext"):
        return False, "is wider"
    return None if column.data_type == "text" else (True, "holds less than 65,535 bytes")


def _money(precision: int, scale: int) -> Rule:
    def rule(column: Column) -> Difference:
        if column.data_type != "decimal":
            return True, "does not hold decimal amounts exactly"
        if column.scale != scale:
            return True, f"has other than {scale} decimals, so that sums would be rounded"
        if (column.precision or 0) < precision:
            return True, "holds smaller amounts only"
        return (False, "is wider") if (column.precision or 0) > precision else None

    return rule


def _boolean(column: Column) -> Difference:
    return None if column.data_type == "tinyint" else (True, "holds no booleans as MySQL has them")


def _whole_seconds(column: Column) -> Difference:
    if column.data_type not in ("datetime", "timestamp"):
        return True, "holds no times"
    if column.fraction:
        return True, "holds fractions of seconds, which ranges of time miss"
    return (False, "ends in 2038") if column.data_type == "timestamp" else None


ENDPOINT = _text(columns.ENDPOINT_LENGTH, EndpointName._meta.get_field("text").max_length or 0)
CURRENCY = _text(columns.CURRENCY_LENGTH, CurrencyName._meta.get_field("text").max_length or 0)

WANTED = (
    Wanted(USERS, "id", "int", _whole, is_nullable=False),
    Wanted(JOBS, "id", "int", _whole, is_nullable=False),
    Wanted(CALLS, "id", "int", _whole, is_nullable=False),
    Wanted(CALLS, "user_id", "int", _whole, is_nullable=False),
    Wanted(CALLS, "job_id", "int", _whole),
    Wanted(CALLS, "api_endpoint", "varchar(200)", ENDPOINT, is_nullable=False),
    Wanted(CALLS, "prompt_tokens", "int", _whole),
    Wanted(CALLS, "completion_tokens", "int", _whole),
    Wanted(CALLS, "total_tokens", "int", _whole),
    Wanted(CALLS, "prompt_unit_price", "decimal(10,8)", _money(10, 8)),
    Wanted(CALLS, "prompt_price_unit", "varchar(20)", CURRENCY),
    Wanted(CALLS, "cost", "decimal(10,4)", _money(10, 4)),
    Wanted(CALLS, "response_time_ms", "int", _whole),
    Wanted(CALLS, "success", "tinyint(1)", _boolean),
    Wanted(CALLS, "error_message", "text", _long_text),
    Wanted(CALLS, "created_at", "datetime", _whole_seconds),
)


def judge(wanted: Wanted, column: Column | None) -> list[Finding]:
    """Findings on one column: type, character set, nullability."""
    if column is None:
        return [
            blocks(
                wanted.subject,
                f"There is no such column; {wanted.kind} is wanted.",
                _modify(wanted, "ADD"),
            )
        ]
    others = [*_nullability(wanted, column), *_characters(wanted, column)]
    difference = wanted.rule(column)
    if difference is None:
        return others or [fits(wanted.subject, f"{column.kind}, {_null(column.is_nullable)}")]
    blocks_it, why = difference
    sentence = f"{column.kind} where {wanted.kind} is wanted: it {why}."
    if blocks_it:
        return [blocks(wanted.subject, sentence, _modify(wanted)), *others]
    return [differs(wanted.subject, sentence, NO_ADVICE), *others]


def _nullability(wanted: Wanted, column: Column) -> list[Finding]:
    if column.is_nullable == wanted.is_nullable:
        return []
    if wanted.name == "created_at":
        sentence = "It is NOT NULL where NULL is wanted: a call without a time is refused."
        return [differs(wanted.subject, sentence, NO_ADVICE)]
    why = "calls without it cannot be summed up" if column.is_nullable else "some calls have none"
    sentence = (
        f"It is {_null(column.is_nullable)} where {_null(wanted.is_nullable)} is wanted: {why}."
    )
    return [blocks(wanted.subject, sentence, _modify(wanted))]


def _characters(wanted: Wanted, column: Column) -> list[Finding]:
    if column.charset in (None, "utf8mb4"):
        return []
    if column.charset not in ("utf8mb3", "utf8"):
        sentence = (
            f"Its character set {column.charset} holds few of the characters that calls have."
        )
        return [blocks(wanted.subject, sentence, _modify(wanted, tail=" CHARACTER SET utf8mb4"))]
    sentence = f"Its character set {column.charset} holds no character beyond U+FFFF, such as 😀."
    happens = "are stored as U+FFFD" if wanted.name == "error_message" else "are refused with a 400"
    return [differs(wanted.subject, sentence, f"Nothing: posted here, such characters {happens}.")]


def _null(is_nullable: bool) -> str:
    return "NULL" if is_nullable else "NOT NULL"


def _modify(wanted: Wanted, verb: str = "MODIFY", tail: str = "") -> str:
    null = _null(wanted.is_nullable)
    statement = f"ALTER TABLE {wanted.table} {verb} {wanted.name} {wanted.kind}{tail} {null}."
    return CHANGE.format(statement=statement)
