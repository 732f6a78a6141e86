"""Every error as JSON: maps exceptions of other packages to HTTP (spec §5)."""

import logging
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import UnreadablePostError
from rest_framework.exceptions import (
    APIException,
    MethodNotAllowed,
    ParseError,
    ValidationError,
)
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_framework_handler

from stats.core.exact_json import NotJSONError
from stats.db.errors import TooSlowError, is_read_only, is_too_slow
from stats.db.lasting import refusal
from stats.ingest.columns import InvalidFieldsError
from stats.ingest.idempotency import OtherBodyError, StillWritingError
from stats.ingest.posting import TooManyPostedError
from stats.ingest.recording import InvalidBatchError
from stats.ingest.users_and_jobs import NotOursError
from stats.ops import metrics

logger = logging.getLogger(__name__)


class TooLargeError(APIException):
    """413: the body is larger than a request may be."""

    status_code = 413
    default_detail = "The body is too large: at most 10 MiB are accepted."
    default_code = "too_large"


class ConflictError(APIException):
    """409: another request changed the same rows at the same moment."""

    status_code = 409
    default_detail = "Another request changed the same records just now: repeat this one."
    default_code = "conflict"
    # Seconds, for Retry-After.
    wait = 1


class UnprocessableError(APIException):
    """422: the same Idempotency-Key with another body."""

    status_code = 422
    default_detail = "This Idempotency-Key was used before, with another body."
    default_code = "other_body"


class UnavailableError(APIException):
    """503: the database does not answer, or stays locked."""

    status_code = 503
    default_detail = "The database does not answer: repeat the request later."
    default_code = "unavailable"
    # Seconds, for Retry-After.
    wait = 5


class TooSlowToAnswerError(UnavailableError):
    """503: the answer takes longer than a request may."""

    default_detail = "This takes too long to answer: ask for a shorter time, a user or a job."
    default_code = "too_slow"
    wait = 30


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's handler, which gets our exceptions as its own."""
    answer = _in_http(error)
    if isinstance(answer, APIException):
        metrics.REJECTED.labels(answer.default_code).inc()
    return rest_framework_handler(answer, context)


def _in_http(error: Exception) -> Exception:
    match error:
        case InvalidFieldsError():
            return ValidationError(_as_lists(error.errors))
        case InvalidBatchError():
            by_index = {str(index): _as_lists(found) for index, found in error.errors.items()}
            return ValidationError({"errors": by_index})
        case NotJSONError():
            return ParseError(f"The body cannot be read: {error}.")
        case TooManyPostedError():
            return TooLargeError(str(error))
        case OtherBodyError():
            return UnprocessableError()
        case StillWritingError():
            return ConflictError("Another request with this Idempotency-Key is being written.")
        case NotOursError():
            return MethodNotAllowed("PUT", str(error))
        case SuspiciousOperation() | UnreadablePostError():
            return ParseError("The request cannot be read.")
        case DatabaseError() if refused := refusal(error):
            return ValidationError({refused.field: [refused.sentence]})
        case OperationalError() if is_read_only(error):
            return UnavailableError("The database only reads now: repeat the request later.")
        case IntegrityError():
            return ConflictError()
        case TooSlowError():
            return TooSlowToAnswerError()
        case OperationalError() if is_too_slow(error):
            return TooSlowToAnswerError()
        case OperationalError() | InterfaceError():
            logger.warning("The database does not answer", exc_info=error)
            return UnavailableError()
    return error


def _as_lists(errors: dict[str, str]) -> dict[str, list[str]]:
    return {field: [message] for field, message in errors.items()}
