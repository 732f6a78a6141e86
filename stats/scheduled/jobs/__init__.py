"""One scheduled job a module, as `JOB`."""
