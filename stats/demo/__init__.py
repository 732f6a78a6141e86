"""Demo data: generate, write, remove."""
