"""Budgets: set, compared with what was spent, their crossings found once."""
