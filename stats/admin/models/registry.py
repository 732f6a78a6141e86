"""Every model of the admin. Imported after Django's autodiscovery, so that registrations of other
applications can be replaced."""

from stats.admin.models import budgets, calls, groups, keys, recipients, staff, users_and_jobs

__all__ = ["budgets", "calls", "groups", "keys", "recipients", "staff", "users_and_jobs"]
