"""Services that post, as the API's tests have them."""

from tests.api.conftest import minimal, new_service, people, service

__all__ = ["minimal", "new_service", "people", "service"]
