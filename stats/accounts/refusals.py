"""Why an account cannot log in, or sees nothing."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from stats.accounts import roles
from stats.accounts.lockout import locks_of
from stats.core import formatting


def login_refusals(user: User) -> Iterator[str]:
    """Why the right password does not suffice."""
    if not user.is_active:
        yield _("This account is not active.")
    if not user.is_staff:
        yield _("This account has no role.")


def access_refusals(user: User, now: datetime) -> Iterator[str]:
    """All that is in the way of an account, for an administrator."""
    yield from login_refusals(user)
    if user.is_staff and not user.has_perm(roles.SEE_USAGE) and user.is_active:
        yield _("This account has no role: it can log in, and sees nothing.")
    if not user.has_usable_password():
        yield _("This account has no password.")
    for address, until in locks_of(user, now):
        words = {"address": address, "time": formatting.moment(until, now)}
        yield _("Too many failed logins from %(address)s: locked there until %(time)s.") % words
