"""The Django application: system checks, the guard of adopted tables, roles."""

from django.apps import AppConfig, apps
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class StatsConfig(AppConfig):
    name = "stats"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        from stats.accounts import roles
        from stats.adoption import guards
        from stats.closings import zone
        from stats.core import ids
        from stats.db import charsets, numbers
        from stats.ops import checks
        from stats.query import sql_views

        # Permissions of accounts are listed under what their section of the menu is called.
        apps.get_app_config("auth").verbose_name = _("Access")
        charsets.register()
        numbers.register()
        ids.register()
        register(checks.check_database_zone)
        register(checks.check_database_vendor)
        # `migrate` and `check --database` run these.
        register(checks.check_binary_log, Tags.database)
        register(checks.check_timestamp, Tags.database)
        register(checks.check_columns, Tags.database)
        register(checks.check_ids, Tags.database)
        register(zone.check_zone, Tags.database)
        # Only for deployment: a development server is a single process.
        register(checks.check_shared_cache, deploy=True)
        register(checks.check_static_files, deploy=True)
        pre_migrate.connect(guards.refuse_foreign_tables, sender=self)
        pre_migrate.connect(sql_views.drop_before_migrate, sender=self)
        post_migrate.connect(roles.create_roles, sender=self)
        post_migrate.connect(sql_views.make_after_migrate, sender=self)
