from datetime import UTC, datetime, timedelta

import pytest

from stats import keys
from stats.models import APIKey

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
LONGEST = 50


def test_a_key_is_stored_hashed_and_recognized() -> None:
    key, secret = keys.create(" translator ", ["record"], None, NOW)
    stored = APIKey.objects.get()
    assert stored == key
    assert stored.name == "translator"
    assert APIKey.objects.get_from_key(secret) == key
    assert not APIKey.objects.is_valid(secret[:-1] + "!")
    remembered = [str(value) for value in vars(stored).values()]
    assert not any(secret in value or secret.partition(".")[2] in value for value in remembered)


@pytest.mark.parametrize("scopes", [["record"], ["read"], ["record", "read"]])
def test_a_key_may_do_what_its_scopes_say(scopes: list[str]) -> None:
    key, _secret = keys.create("translator", scopes, None, NOW)
    assert APIKey.objects.get(pk=key.pk).scopes == scopes


def test_an_expiry_lies_in_the_future() -> None:
    later = NOW + timedelta(seconds=1)
    assert keys.create("translator", ["read"], later, NOW)[0].expiry_date == later
    with pytest.raises(ValueError, match="past"):
        keys.create("translator", ["read"], NOW, NOW)


@pytest.mark.parametrize("name", ["", "  ", "x" * (LONGEST + 1)])
def test_a_name_has_1_to_50_characters(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 50"):
        keys.create(name, ["read"], None, NOW)
    assert not APIKey.objects.exists()
    assert keys.create("x" * LONGEST, ["read"], None, NOW)


@pytest.mark.parametrize("scopes", [[], [""], ["write"], ["read", "admin"]])
def test_scopes_are_record_and_read(scopes: list[str]) -> None:
    with pytest.raises(ValueError, match="record, read"):
        keys.create("translator", scopes, None, NOW)
    assert not APIKey.objects.exists()


def test_keys_of_one_service_may_share_its_name() -> None:
    (_old, first), (_new, second) = (
        keys.create("translator", ["record"], None, NOW) for _time in range(2)
    )
    assert first != second
    assert APIKey.objects.filter(name="translator").count() == 2
