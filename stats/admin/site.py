"""The admin site: the overview as its index, the report pages, the menu."""

from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UsageAdminSite(AdminSite):
    site_header = "Usage Ledger"
    site_title = "Usage Ledger"
    site_url = None
    index_title = _("Overview")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Django's, with a form that says why an account cannot log in."""
        from stats.admin.logging_in import LoginForm

        self.login_form = LoginForm
        may_reset = {"offers_password_mail": settings.MAIL_IS_SET_UP}
        return super().login(request, {**may_reset, **(extra_context or {})})

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Django's, which leaves no line in the log."""
        from django.contrib.admin.models import CHANGE
        from django.contrib.auth.models import User

        from stats.accounts import history

        answer = super().password_change(request, extra_context)
        if answer.status_code == HTTPStatus.FOUND:
            user = cast(User, request.user)
            history.write(user, user, CHANGE, [history.changed("password")])
        return answer

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Every form refuses a text that the database cannot store, every list a filter that it
        does not offer, and both what is no number."""
        from django.contrib.admin import ModelAdmin

        from stats.admin.models.lookups import OfferedLookups
        from stats.admin.models.numbers import Identifiers
        from stats.admin.models.storable import StorableTexts

        base = admin_class or ModelAdmin
        bases = (OfferedLookups, Identifiers, StorableTexts, base)
        module = {"__module__": base.__module__}
        super().register(model_or_iterable, type(base.__name__, bases, module), **options)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The report pages, then Django's own. The overview replaces the index."""
        from stats.admin.logging_in import password_urls
        from stats.admin.pages import PAGES
        from stats.admin.pages.choices import FilterChoices

        pages = [url for page in PAGES for url in page.urls(self)]
        pages += FilterChoices.urls(self)
        return [*pages, *password_urls(self), *super().get_urls()]

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The menu is the index; Django's goes by applications, not by its sections."""
        return redirect("admin:index")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        from stats.admin.navigation import menu, page_urls

        context = super().each_context(request)
        if context["has_permission"]:
            context["page_urls"] = page_urls(request, timezone.now())
            context["menu"] = menu(self, request, context["page_urls"])
            context["section"] = next((one for one in context["menu"] if one.current), None)
        return context
