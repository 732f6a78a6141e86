"""What a call may look like, and the only writers of calls, users and jobs."""
