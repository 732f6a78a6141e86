"""Demo data: made, marked and removed again."""
