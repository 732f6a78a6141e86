"""Budgets, and what crosses them."""
