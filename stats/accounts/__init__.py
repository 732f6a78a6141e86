"""Accounts, roles, API keys and the lockout after failed logins."""
