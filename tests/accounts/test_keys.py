import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from stats.accounts import keys
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


@pytest.mark.parametrize("name", ["a\nb", "a\r\nX-Service: b", "a\x1b[2Jb"])
def test_a_name_is_one_line(name: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        keys.create(name, ["read"], None, NOW)
    assert not APIKey.objects.exists()


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


@pytest.mark.database("server")
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_went_away_is_made_anew() -> None:
    _key, secret = keys.create("translator", ["record"], None, NOW)
    with connection.cursor() as cursor, contextlib.suppress(OperationalError):
        cursor.execute("KILL CONNECTION_ID()")
    assert keys.usable(secret)


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_is_1_or_more(rate: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        keys.create("translator", ["read"], None, NOW, rate)


def test_a_rate_fits_its_column() -> None:
    key, _secret = keys.create("translator", ["read"], None, NOW, 2**31 - 1)
    assert APIKey.objects.get(pk=key.pk).rate == 2**31 - 1
    with pytest.raises(ValueError, match="does not fit its column"):
        keys.create("translator", ["read"], None, NOW, 10**30)


class TestRotation:
    @pytest.fixture(autouse=True)
    def clock(self) -> Iterator[time_machine.Traveller]:
        with time_machine.travel(NOW, tick=False) as traveller:
            yield traveller

    def test_both_work_for_the_overlap(self, clock: time_machine.Traveller) -> None:
        old, first = keys.create("translator", ["record"], None, NOW, 100)
        new, second = keys.rotate(old, timedelta(hours=2), NOW)
        assert (new.name, new.scopes, new.rate, new.expiry_date) == (
            "translator", ["record"], 100, None,
        )  # fmt: skip
        assert [APIKey.objects.is_valid(secret) for secret in (first, second)] == [True, True]
        clock.move_to(NOW + timedelta(hours=2, seconds=1))
        assert [APIKey.objects.is_valid(secret) for secret in (first, second)] == [False, True]

    @pytest.mark.parametrize(("hours", "left"), [(1, 1), (3, 2)])
    def test_the_new_one_is_meant_to_live_as_long(
        self, clock: time_machine.Traveller, hours: int, left: int
    ) -> None:
        """And the old one does not come to live any longer."""
        old, _secret = keys.create("translator", ["read"], NOW + timedelta(hours=10), NOW)
        later = NOW + timedelta(hours=8)
        clock.move_to(later)
        new, _secret = keys.rotate(old, timedelta(hours=hours), later)
        assert new.expiry_date == later + timedelta(hours=10)
        assert APIKey.objects.get(pk=old.pk).expiry_date == later + timedelta(hours=left)

    def test_what_is_over_is_not_replaced(self) -> None:
        key, _secret = keys.create("translator", ["read"], None, NOW)
        keys.revoke(APIKey.objects.all())
        key.refresh_from_db()
        with pytest.raises(ValueError, match="revoked"):
            keys.rotate(key, keys.OVERLAP, NOW)
        assert APIKey.objects.count() == 1

    def test_no_negative_overlap(self) -> None:
        key, _secret = keys.create("translator", ["read"], None, NOW)
        with pytest.raises(ValueError, match="negative"):
            keys.rotate(key, -keys.OVERLAP, NOW)


class TestCommands:
    @pytest.fixture
    def key(self) -> APIKey:
        return keys.create("translator", ["record"], None, datetime.now(UTC), 100)[0]

    def test_rotate(self, key: APIKey, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("rotate_api_key", key.prefix, "--overlap=48")
        secret = capsys.readouterr().out.removesuffix("\n")
        assert APIKey.objects.is_valid(secret)
        key.refresh_from_db()
        assert key.expiry_date
        assert key.expiry_date - key.created > timedelta(hours=47)

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["nobody"], "There is no key that begins with nobody."),
            (["", "--overlap=nan"], "The overlap must not be longer than 36500 days."),
            (["", "--overlap=1e300"], "The overlap must not be longer than 36500 days."),
            (["", "--overlap=99999999999"], "The overlap must not be longer than 36500 days."),
            (["", "--overlap=876001"], "The overlap must not be longer than 36500 days."),
            (["", "--overlap=-1"], "The overlap must not be negative."),
        ],
    )
    def test_rotate_what_cannot_be(self, key: APIKey, arguments: list[str], sentence: str) -> None:
        with pytest.raises(CommandError) as refused:
            call_command("rotate_api_key", arguments[0] or key.prefix, *arguments[1:])
        assert str(refused.value) == sentence
        assert APIKey.objects.count() == 1

    def test_revoke(self, key: APIKey) -> None:
        call_command("revoke_api_key", key.prefix)
        key.refresh_from_db()
        assert key.revoked
        with pytest.raises(CommandError, match=key.prefix):
            call_command("revoke_api_key", key.prefix)

    def test_list(self, key: APIKey, capsys: pytest.CaptureFixture[str]) -> None:
        keys.create("reader", ["record", "read"], datetime(2030, 1, 1, tzinfo=UTC), NOW)
        call_command("list_api_keys")
        _headings, second, first = capsys.readouterr().out.splitlines()
        assert first.split() == [key.prefix, "translator", "record", "100", *["never"] * 2,
                                 "in", "use"]  # fmt: skip
        assert "record,read  1000000     2030-01-01 00:00  never" in second
