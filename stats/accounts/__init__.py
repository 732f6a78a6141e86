"""Accounts, roles and API keys: who may do what."""
