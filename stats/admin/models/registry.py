"""Every model of the admin. Imported after Django's autodiscovery, so that registrations of other
applications can be replaced."""

from stats.admin.models import calls, groups, keys, staff, users_and_jobs

__all__ = ["calls", "groups", "keys", "staff", "users_and_jobs"]
