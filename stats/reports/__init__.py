"""The only reader of aggregates: every number on a page, in the API or in an export."""
