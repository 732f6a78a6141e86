"""The admin's configuration; a separate module, since Django imports it first."""

from importlib import import_module

from django.contrib.admin.apps import AdminConfig


class UsageAdminConfig(AdminConfig):
    default_site = "stats.admin.site.UsageAdminSite"

    def ready(self) -> None:
        super().ready()
        # Last, so that it can replace the registrations of other applications.
        import_module("stats.admin.models.registry")
