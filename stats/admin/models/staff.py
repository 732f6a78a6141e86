"""Accounts, each with a role; nobody gives rights they lack, or changes an account with more."""

from collections.abc import Iterable
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.accounts import history, roles
from stats.accounts.password_links import mail_with_link
from stats.accounts.refusals import access_refusals
from stats.admin.models.renaming import Renamed
from stats.admin.models.staff_forms import NewAccountForm, StaffForm

FIELDS: Any = (
    (None, {"fields": ("username", "password", "login")}),
    (gettext_lazy("Personal info"), {"fields": ("first_name", "last_name", "email")}),
    (gettext_lazy("Permissions"), {"fields": ("role", "is_active")}),
    (gettext_lazy("Important dates"), {"fields": ("last_login", "date_joined")}),
)
# What superusers alone give.
FURTHER = (
    gettext_lazy("Further permissions"),
    {
        "classes": ("collapse",),
        "fields": ("is_staff", "is_superuser", "groups", "user_permissions"),
    },
)

admin.site.unregister(User)


class RoleFilter(admin.SimpleListFilter):
    """Accounts of one role, or of none."""

    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        return [*roles.WORDS.items(), ("-", _("None"))]

    def queryset(self, request: Any, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() == "-":
            return queryset.exclude(groups__name__in=roles.NAMES)
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


@admin.register(User)
class StaffAdmin(Renamed, UserAdmin):  # type: ignore[type-arg]
    name, plural = gettext_lazy("account"), gettext_lazy("accounts")
    list_display = ("username", "email", "role", "is_active", "last_login")
    list_filter = (RoleFilter, "is_active")
    # Whoever set back when an account was made could agree with themselves to reopen a month.
    readonly_fields = ("login", "last_login", "date_joined")
    form = StaffForm
    add_form = NewAccountForm
    add_form_template = None
    fieldsets = FIELDS
    actions = ("send_link",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Not for accounts in the log: their lines would go too. They can be deactivated."""
        if obj is not None and obj.logentry_set.exists():
            return False
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            by_mail = ("is_invited",) if settings.MAIL_IS_SET_UP else ()
            names = ("username", "email", "role", *by_mail, "password1", "password2")
            return [(None, {"classes": ("wide",), "fields": names})]
        return [*FIELDS, FURTHER] if request.user.is_superuser else FIELDS

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.offered = tuple(
            roles.groups_within(request.user)
            .filter(name__in=roles.NAMES)
            .values_list("name", flat=True)
        )
        return form

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """A role is no choice among groups."""
        if db_field.name == "groups":
            kwargs["queryset"] = Group.objects.exclude(name__in=roles.NAMES)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.is_staff = obj.is_staff or bool(form.cleaned_data["role"])
        super().save_model(request, obj, form, change)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        roles.give_role(form.instance, form.cleaned_data["role"])
        if form.cleaned_data.get("is_invited"):
            # After the account is there for certain.
            transaction.on_commit(partial(self._send, request, [form.instance]))

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[history.Line]:
        """With the names of roles and groups that were given and taken."""
        lines = super().construct_change_message(request, form, formsets, add)
        for kind in ("role", "group"):
            before, after = _held(kind, form.initial), _held(kind, form.cleaned_data)
            lines += [history.added(kind, name) for name in sorted(after - before)]
            lines += [history.removed(kind, name) for name in sorted(before - after)]
        return lines

    @admin.display(description=gettext_lazy("Role"))
    def role(self, user: User) -> Any:
        if user.is_superuser:
            return _("Superuser")
        return roles.WORDS.get(roles.role_of(user), _("None"))

    @admin.display(description=gettext_lazy("Login"))
    def login(self, user: User) -> Any:
        """What is in the way, in sentences."""
        found = list(access_refusals(user, timezone.now()))
        sentences = format_html_join("", "<p>{}</p>", ((one,) for one in found))
        return sentences or _("Nothing is in the way.")

    @admin.action(
        description=gettext_lazy("Mail a link to set the password"), permissions=["change"]
    )
    def send_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._send(request, [user for user in queryset if _may_touch(request, user)])

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if not settings.MAIL_IS_SET_UP:
            actions.pop("send_link", None)
        return actions

    def _send(self, request: HttpRequest, users: Iterable[User]) -> None:
        """Mail a link to each that has an address and is active."""
        reached = [user for user in users if user.email and user.is_active]
        try:
            for user in reached:
                mail_with_link(user, request.user.get_username()).send()
        # Each backend has its own errors.
        except Exception as error:
            text = _("The mail was not sent: %(error)s") % {"error": error}
            return self.message_user(request, text, messages.ERROR)
        text = ngettext("%(count)s mail was sent.", "%(count)s mails were sent.", len(reached))
        self.message_user(request, text % {"count": len(reached)}, messages.SUCCESS)


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    """Whoever sets a password or activates an account can do what it can."""
    if user is None or request.user.is_superuser:
        return True
    mine = roles.held_by(cast(User, request.user)).values("pk")
    return not (user.is_superuser or roles.held_by(user).exclude(pk__in=mine).exists())


def _held(kind: str, values: dict[str, Any]) -> set[str]:
    """The name of the role, or those of the groups, in the values of a form."""
    if kind == "role":
        return {values["role"]} - {""} if "role" in values else set()
    return {group.name for group in values.get("groups", ())}
