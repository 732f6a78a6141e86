"""Every model that has a place in the admin; imported after Django's own discovery, so that what
other applications registered can be replaced."""

from stats.admin.models import budgets, calls, groups, keys, staff, users_and_jobs

__all__ = ["budgets", "calls", "groups", "keys", "staff", "users_and_jobs"]
