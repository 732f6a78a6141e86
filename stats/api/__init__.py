"""The HTTP API under /api/v1/: who asks, is it well-formed, one question to the rooms below."""
