"""Error answers: a page in the reader's language, JSON under /api/.

The page of a 500 uses no database, context processor or static file, since they may have failed.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme

from stats.ops.logs import current_request_id

API = "/api/"
# For programs: in English, like the rest of the API.
DETAILS = {
    400: "The request cannot be read.",
    403: "This is not allowed.",
    404: "There is nothing here.",
    503: "The database only reads now: repeat the request later.",
    500: "Something went wrong, and was logged with the request's X-Request-ID.",
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request cannot be read."""
    return _answer(request, 400, "400.html")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: this account lacks the right."""
    return _answer(request, 403, "403.html")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no page at this address."""
    return _answer(request, 404, "404.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form is older than the last login or logout in this browser."""
    return _answer(request, 403, "403_csrf.html", **_ways_on(request))


def _ways_on(request: HttpRequest) -> dict[str, Any]:
    """Where the page leads: back to the login, or past it if another tab has logged in."""
    login, overview = reverse("admin:login"), reverse("admin:index")
    if request.path != login:
        return {"way": overview}
    if request.user.is_anonymous:
        return {"way": request.get_full_path(), "is_login": True}
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return {"way": wanted if is_ours else overview, "is_login": True}


def only_reads(request: HttpRequest) -> HttpResponse:
    """503: the request has to write, a login for example, and the database only reads."""
    return _answer(request, 503, "503_read_only.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: the application failed."""
    if request.path.startswith(API):
        return _json(500)
    context = {"request_id": current_request_id.get()}
    with translation.override(translation.get_language_from_request(request)):
        return HttpResponse(render_to_string("500.html", context), status=500)


def _answer(request: HttpRequest, status: int, template: str, **context: Any) -> HttpResponse:
    if request.path.startswith(API):
        return _json(status)
    with translation.override(translation.get_language_from_request(request)):
        return render(request, template, context, status=status)


def _json(status: int) -> HttpResponse:
    return JsonResponse({"detail": DETAILS[status]}, status=status)
