"""The admin with this project's site; in a module of its own, since Django imports it first."""

from django.contrib.admin.apps import AdminConfig


class UsageAdminConfig(AdminConfig):
    default_site = "stats.admin.site.UsageAdminSite"
