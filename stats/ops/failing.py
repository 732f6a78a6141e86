"""What is answered where no page is: for people a page in their language, under /api/ JSON.

The page of a 500 asks nothing of the database, of a context processor or of built files, any of
which may be what failed.
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
# For programs, in English as all that the API says.
DETAILS = {
    400: "The request cannot be read.",
    403: "This is not allowed.",
    404: "There is nothing here.",
    500: "Something went wrong, and was logged with the request's X-Request-ID.",
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: what was sent is not understood."""
    return _answer(request, 400, "400.html")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: not for this account."""
    return _answer(request, 403, "403.html")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no page at this address."""
    return _answer(request, 404, "404.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form older than the last login or logout in this browser."""
    return _answer(request, 403, "403_csrf.html", **_ways_on(request))


def _ways_on(request: HttpRequest) -> dict[str, Any]:
    """From the login to the login; where that has been done in another tab, to what it is for."""
    login, overview = reverse("admin:login"), reverse("admin:index")
    if request.path != login:
        return {"way": overview}
    if request.user.is_anonymous:
        return {"way": request.get_full_path(), "is_login": True}
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return {"way": wanted if is_ours else overview, "is_login": True}


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a fault of ours."""
    if request.path.startswith(API):
        return _told(500)
    context = {"request_id": current_request_id.get()}
    with translation.override(translation.get_language_from_request(request)):
        return HttpResponse(render_to_string("500.html", context), status=500)


def _answer(request: HttpRequest, status: int, template: str, **context: Any) -> HttpResponse:
    if request.path.startswith(API):
        return _told(status)
    with translation.override(translation.get_language_from_request(request)):
        return render(request, template, context, status=status)


def _told(status: int) -> HttpResponse:
    return JsonResponse({"detail": DETAILS[status]}, status=status)
