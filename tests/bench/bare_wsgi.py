"""Baselines to compare with, served by gunicorn: a bare view and a textbook view.

`/bare/` only inserts one call. `/textbook/` is a ModelSerializer behind REST framework's
CreateAPIView: `many=True` for arrays, a `save()` per row, no key.
"""

import os
from typing import Any

import django
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "usage_project.settings")
django.setup()

import msgspec  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402

from stats.models import APIUsageStats, EndUser, TranslationJob  # noqa: E402
from tests.bench.posts import INSERT, as_row  # noqa: E402


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    """One INSERT of the parsed JSON, without validation."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, as_row(msgspec.json.decode(request.body)))
    return HttpResponse(status=201)


def ready(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class CallSerializer(serializers.ModelSerializer[APIUsageStats]):
    user_id = serializers.PrimaryKeyRelatedField(source="user", queryset=EndUser.objects.all())
    job_id = serializers.PrimaryKeyRelatedField(
        source="job", queryset=TranslationJob.objects.all(), required=False, allow_null=True
    )

    class Meta:
        model = APIUsageStats
        exclude = ("user", "job")


class Textbook(generics.CreateAPIView[APIUsageStats]):
    authentication_classes = ()
    permission_classes = ()
    queryset = APIUsageStats.objects.all()
    serializer_class = CallSerializer

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        return super().get_serializer(*args, many=isinstance(kwargs["data"], list), **kwargs)

    def perform_create(self, serializer: serializers.BaseSerializer[APIUsageStats]) -> None:
        with transaction.atomic():
            serializer.save()


urlpatterns = [
    path("api/v1/schema/", ready),
    path("bare/", bare),
    path("textbook/", Textbook.as_view()),
]
settings.ROOT_URLCONF = __name__
application = get_wsgi_application()
