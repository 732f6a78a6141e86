"""The forms of accounts: a role in words, and a password or an invitation."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminRadioSelect
from django.contrib.auth.forms import UserChangeForm, UserCreationForm
from django.contrib.auth.models import User
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from stats.accounts import roles

CHOICES = {
    roles.ADMINISTRATORS: _("Administrator: sees all, changes accounts, API keys and budgets"),
    roles.ANALYSTS: _("Analyst: sees all reports and calls, changes nothing"),
}
# Nobody gets to know it.
RANDOM_PASSWORD = 40


class _WithRole(forms.ModelForm):  # type: ignore[type-arg]
    """A form with the roles that the administrator may give."""

    # Set for each request.
    offered: ClassVar[tuple[str, ...]] = ()

    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        widget=AdminRadioSelect({"class": "radiolist"}),
        choices=list(CHOICES.items()),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["role"] = roles.role_of(self.instance)
        if "role" in self.fields:
            offered = [(name, words) for name, words in CHOICES.items() if name in self.offered]
            field: Any = self.fields["role"]
            # A superuser needs no role.
            everything = _("None: a superuser sees and changes everything")
            none = everything if self.instance.is_superuser else _("None: sees nothing")
            field.choices = [*offered, ("", none)]
        held = self.initial.get("groups") or ()
        self.initial["groups"] = [group for group in held if group.name not in roles.NAMES]


class StaffForm(_WithRole, UserChangeForm):  # type: ignore[type-arg]
    """An account as it is."""


class NewAccountForm(_WithRole, UserCreationForm):  # type: ignore[type-arg]
    """An account to be: its password is set here, or by whoever gets the mail."""

    is_invited = forms.BooleanField(
        label=_("Invite by mail"),
        required=False,
        help_text=_("A mail with a link to set the password. Then leave the password empty here."),
    )

    class Meta(UserCreationForm.Meta):
        fields = ("username", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name].required = False
        # Of somebody else: the browser is not to offer that of whoever fills the form in.
        self.fields["email"].widget.attrs["autocomplete"] = "off"
        if not settings.MAIL_IS_SET_UP:
            del self.fields["is_invited"]

    @property
    def _is_invited(self) -> bool:
        return bool(self.cleaned_data.get("is_invited"))

    def validate_passwords(self, *args: Any, **kwargs: Any) -> None:
        """Needed unless there is an invitation, which needs an address."""
        needed = ("email",) if self._is_invited else ("password1", "password2")
        for name in needed:
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, self.fields[name].default_error_messages["required"])
        if not self._is_invited:
            super().validate_passwords(*args, **kwargs)  # type: ignore[misc]

    def validate_password_for_user(self, user: User, *args: Any, **kwargs: Any) -> None:
        if not self._is_invited:
            super().validate_password_for_user(user, *args, **kwargs)  # type: ignore[misc]

    def set_password_and_save(self, user: User, *args: Any, **kwargs: Any) -> User:
        if self._is_invited:
            # A usable one: without it, Django mails no link to those who forgot theirs.
            self.cleaned_data["password1"] = get_random_string(RANDOM_PASSWORD)
        saved: User = super().set_password_and_save(user, *args, **kwargs)  # type: ignore[misc]
        return saved
