"""The admin with this project's site; in a module of its own, since Django imports it first."""

from importlib import import_module

from django.contrib.admin.apps import AdminConfig


class UsageAdminConfig(AdminConfig):
    default_site = "stats.admin.site.UsageAdminSite"

    def ready(self) -> None:
        super().ready()
        # Last, so that it can replace what other applications registered.
        import_module("stats.admin.models.registry")
