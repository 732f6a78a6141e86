"""Calls as they are posted: what they may look like, and the only writers of calls, users and jobs."""
