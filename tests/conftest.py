"""What all tests share; the databases come from tests/databases.py."""

from hypothesis import settings

# A busy machine is slow, and that is no finding. The rest stays as Hypothesis chose it: in CI
# the same examples each time.
current = settings.get_profile(settings.get_current_profile_name())
settings.register_profile("patient", current, deadline=None)
settings.load_profile("patient")
