"""PUT users/<id>/ and jobs/<id>/, standalone only."""

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from stats.api import documentation, parameters, parsing
from stats.api.views.base import Endpoint
from stats.core import exact_json
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.ingest import users_and_jobs
from stats.ingest.validation import CLOSED_MONTH


class StandaloneView(Endpoint):
    """An endpoint that answers 405 in adopted mode, before it reads anything."""

    def initial(self, request: Request, *args: int, **kwargs: int) -> None:
        super().initial(request, *args, **kwargs)
        if request.method != "OPTIONS":
            users_and_jobs.refuse_if_adopted()
        parameters.refuse_any(request)

    @property
    def allowed_methods(self) -> list[str]:
        """The `Allow` header of a 405."""
        return ["OPTIONS"] if settings.ADOPTED else super().allowed_methods


class UserView(StandaloneView):
    @documentation.PUT_USER
    def put(self, request: Request, user_id: int) -> Response:
        """Create or rename: 201 or 200."""
        given = exact_json.decode(parsing.body_of(request))
        user, is_new, closed = users_and_jobs.save_user(
            user_id, given, local_day(timezone.now(), reading_zone())
        )
        form = {"id": user.pk, "name": user.name, "group": user.group}
        months = " ".join(f"{month:%Y-%m}" for month in closed)
        warning = {"Usage-Warnings": f'{CLOSED_MONTH};months="{months}"'} if closed else None
        return Response(form, 201 if is_new else 200, headers=warning)


class JobView(StandaloneView):
    @documentation.PUT_JOB
    def put(self, request: Request, job_id: int) -> Response:
        """Create or rename: 201 or 200."""
        given = exact_json.decode(parsing.body_of(request))
        job, is_new = users_and_jobs.save_job(job_id, given)
        form = {"id": job.pk, "name": job.name, "user_id": job.user_id}
        return Response(form, 201 if is_new else 200)
