"""What all tests share; the databases come from tests/databases.py."""

from hypothesis import settings

# A busy machine is slow, and that is no finding.
settings.register_profile("patient", settings.get_profile("default"), deadline=None)
settings.load_profile("patient")
