"""The admin's site: the overview in front, the report pages, the menu."""

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
        """With forms that say what the database does not hold, whoever declares them."""
        from django.contrib.admin import ModelAdmin

        from stats.admin.models.held import with_held_texts

        held = with_held_texts(admin_class or ModelAdmin)
        super().register(model_or_iterable, held, **options)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The report pages before Django's own, whose index the overview replaces."""
        from stats.admin.pages import PAGES

        pages = [url for page in PAGES for url in page.urls(self)]
        return [*pages, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        from stats.admin.navigation import menu, ways_on

        context = super().each_context(request)
        if context["has_permission"]:
            context["ways"] = ways_on(request, timezone.now())
            context["menu"] = menu(self, request, context["ways"])
        return context
