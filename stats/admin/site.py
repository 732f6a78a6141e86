"""The admin site: the overview as its index, the report pages, the menu."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UsageAdminSite(AdminSite):
    site_header = "Usage Ledger"
    site_title = "Usage Ledger"
    site_url = None
    index_title = _("Overview")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Every form refuses a text that the database cannot store."""
        from django.contrib.admin import ModelAdmin

        from stats.admin.models.storable import with_storable_texts

        admin_class = with_storable_texts(admin_class or ModelAdmin)
        super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The report pages, then Django's own. The overview replaces the index."""
        from stats.admin.pages import PAGES

        pages = [url for page in PAGES for url in page.urls(self)]
        return [*pages, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        from stats.admin.navigation import menu, page_urls

        context = super().each_context(request)
        if context["has_permission"]:
            context["page_urls"] = page_urls(request, timezone.now())
            context["menu"] = menu(self, request, context["page_urls"])
        return context
