"""The addresses: API, admin, language switch, health. / redirects to the overview."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from stats.ops import views

handler400 = "stats.ops.failing.bad_request"
handler403 = "stats.ops.failing.permission_denied"
handler404 = "stats.ops.failing.page_not_found"
handler500 = "stats.ops.failing.server_error"

urlpatterns = [
    # First, since most requests are for the API.
    path("api/v1/", include("stats.api.urls")),
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", views.metrics),
]
