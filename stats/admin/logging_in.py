"""The login form, which says why an account cannot log in, and Django's pages of a forgotten
password."""

from hashlib import sha256
from typing import Any, cast

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.models import CHANGE
from django.contrib.admin.sites import AdminSite
from django.contrib.auth import views
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, reverse_lazy
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from stats.accounts import history
from stats.accounts.lockout import NO_ADDRESS, is_within_limit, network_of
from stats.accounts.password_links import ForgottenPasswordForm
from stats.accounts.refusals import login_refusals

# As it stands in the log of the admin, and is translated there.
BY_MAIL = gettext_noop("Password, by a mailed link")
# No user name has a blank.
ASKED_FROM, ASKED_FOR = "password mail", "password mail {}"


class LoginForm(AdminAuthenticationForm):
    """Whoever has the right password learns why it does not suffice; others learn nothing."""

    def confirm_login_allowed(self, user: Any) -> None:
        if found := list(login_refusals(user)):
            raise ValidationError([*found, _("An administrator can change that.")])


class _OnSite:
    """A page of the site without a login, only where mail is set up."""

    site: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.MAIL_IS_SET_UP:
            raise Http404
        request.current_app = self.site.name
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        add_never_cache_headers(answer)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        page = {**self.site.each_context(self.request), "is_nav_sidebar_enabled": False}  # type: ignore[attr-defined]
        return {**page, **found}


class ForgottenView(_OnSite, views.PasswordResetView):
    form_class = ForgottenPasswordForm
    success_url = reverse_lazy("admin:password_reset_done")

    def form_valid(self, form: Any) -> HttpResponse:
        """The same answer whether there is such an account or not."""
        if self._is_within_limit(form.cleaned_data["email"]):
            return super().form_valid(form)
        minutes = settings.AXES_COOLOFF_TIME.seconds // 60
        text = _("Too many mails were asked for. Try again in %(minutes)s minutes.")
        # Where Django's own template shows errors.
        form.add_error("email", text % {"minutes": minutes})
        answer = self.render_to_response(self.get_context_data(form=form))
        answer.status_code = 429
        answer["Retry-After"] = str(settings.AXES_COOLOFF_TIME.seconds)
        return answer

    def _is_within_limit(self, mail: str) -> bool:
        """As logins are limited: by who asks, and by whose mailbox would be filled."""
        now = timezone.now()
        mailbox = sha256(mail.casefold().encode()).hexdigest()
        return is_within_limit(ASKED_FROM, network_of(self.request), now) and is_within_limit(
            ASKED_FOR.format(mailbox), NO_ADDRESS, now
        )


class SentView(_OnSite, views.PasswordResetDoneView):
    pass


class SetPasswordView(_OnSite, views.PasswordResetConfirmView):
    success_url = reverse_lazy("admin:password_reset_complete")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        user = cast(User, self.user)
        history.write(user, user, CHANGE, [history.changed(BY_MAIL)])
        return answer


class CompleteView(_OnSite, views.PasswordResetCompleteView):
    pass


def password_urls(site: AdminSite) -> list[URLPattern]:
    """The pages of a forgotten password."""
    named: dict[str, tuple[str, Any]] = {
        "password_reset/": ("password_reset", ForgottenView),
        "password_reset/done/": ("password_reset_done", SentView),
        "password_reset/complete/": ("password_reset_complete", CompleteView),
        "password_reset/<uidb64>/<token>/": ("password_reset_confirm", SetPasswordView),
    }
    return [
        path(route, view.as_view(site=site), name=name) for route, (name, view) in named.items()
    ]
