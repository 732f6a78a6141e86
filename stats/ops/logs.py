"""Log formats, text and JSON. A record is one line, whatever text it contains."""

import logging
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

# The id of the current request; empty outside of one.
current_request_id: ContextVar[str] = ContextVar("request_id", default="")

# The fields of a JSON line. Libraries attach more to their records, such as a whole request with
# its query string.
JSON_FIELDS = (
    "time",
    "level",
    "logger",
    "message",
    "request_id",
    "method",
    "path",
    "route",
    "status",
    "ms",
    "bytes",
    "who",
    "exc_info",
)
CONTROL_CHARACTERS = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029]
ESCAPED = {number: repr(chr(number))[1:-1] for number in CONTROL_CHARACTERS}


class AddRequestId(logging.Filter):
    """Adds the id of the current request to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "request_id"):
            record.request_id = current_request_id.get()
        return True


class DropTracebackOfRefusals(logging.Filter):
    """Drops the traceback of requests that Django refuses, such as a foreign Host: anybody can send
    them at any rate."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True


class TextLines(logging.Formatter):
    """One line per record. A traceback follows indented, so that no line of it looks like one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return super().formatMessage(record).translate(ESCAPED)

    def format(self, record: logging.LogRecord) -> str:
        line, *traceback = super().format(record).splitlines()
        return "\n".join([line, *(f"    {each.translate(ESCAPED)}" for each in traceback)])


class JsonLines(JsonFormatter):
    """One JSON object per line, times in UTC."""

    def __init__(self) -> None:
        names = {"levelname": "level", "name": "logger"}
        super().__init__([*names, "message"], rename_fields=names, timestamp="time")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {
            name: log_data[name] for name in JSON_FIELDS if log_data.get(name) not in ("", None)
        }
