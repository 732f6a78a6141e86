"""Filters, a selection, a plan, SQL, sums: the only reader of aggregates."""
