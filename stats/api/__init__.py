"""The HTTP API under /api/v1/: it authenticates, parses, calls one function, and renders."""
