"""All scheduled jobs: the `JOB` of each module in `stats.scheduled.jobs`."""

from importlib import import_module
from pkgutil import iter_modules

from stats.scheduled import jobs
from stats.scheduled.job import Job

JOBS: tuple[Job, ...] = tuple(
    import_module(f"{jobs.__name__}.{module.name}").JOB for module in iter_modules(jobs.__path__)
)
