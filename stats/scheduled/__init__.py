"""Jobs that `manage.py run_jobs` runs by themselves: each declared in one file of `jobs/`."""
