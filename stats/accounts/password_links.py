"""Mails with a link to set a password: for whoever forgot it, and for a new account."""

import logging
from collections.abc import Iterable
from threading import Thread
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)
HOUR = 3_600


def mail_with_link(user: User, invited_by: str = "") -> EmailMessage:
    """The mail to an account, in the language of now. The link begins with SITE_URL, whatever host
    the request named; it works once, for PASSWORD_RESET_TIMEOUT."""
    number = urlsafe_base64_encode(force_bytes(user.pk))
    arguments = [number, default_token_generator.make_token(user)]
    words = {
        "name": user.get_username(),
        "invited_by": invited_by,
        "url": settings.SITE_URL + reverse("admin:password_reset_confirm", args=arguments),
        "hours": settings.PASSWORD_RESET_TIMEOUT // HOUR,
        "site": settings.SITE_URL,
    }
    text = render_to_string("stats/mail/password.txt", words)
    subject = _("Your account at Usage Ledger") if invited_by else _("A new password")
    return EmailMessage(subject, text, to=[user.email])


class ForgottenPasswordForm(PasswordResetForm):
    """Django's form: the active accounts with an address, each of which gets a mail."""

    def save(self, *_arguments: Any, **_options: Any) -> None:
        """Mails are made and sent in a thread, which begins in any case: how long an answer takes
        does not tell whether there is such an account."""
        users = list(self.get_users(self.cleaned_data["email"]))
        Thread(target=_send, args=[users, get_language()], name="password mail").start()


def _send(users: Iterable[User], language: str | None) -> None:
    for user in users:
        try:
            with override(language):
                mail_with_link(user).send()
        # Each backend has its own errors.
        except Exception:
            logger.exception("A mail with a link to set a password was not sent.")
