"""The only maker of recipients; and who is told of a fact."""

import base64
import secrets
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email

from stats.models import Recipient
from stats.models.notices import ADDRESS_LENGTH

# As the Standard Webhooks specification writes secrets; it asks for 24 to 64 bytes.
SECRET_PREFIX, SECRET_BYTES = "whsec_", 32
# Addresses of webhooks begin so, and mail addresses do not.
WEBHOOK = "https://"


def make(addresses: Iterable[str]) -> None:
    """A row for each address that has none, so that a language can be chosen and a secret seen."""
    for address in sorted(set(addresses)):
        recipient(address)


def normalized(address: str) -> str:
    """A mail address in small letters: it is one mailbox, however it is written."""
    return address.lower() if is_mail(address) else address


def recipient(address: str) -> Recipient:
    """That of an address; made if there is none."""
    address = normalized(address)
    found, _is_new = Recipient.objects.get_or_create(
        address=address, defaults={"secret": secret_for(address)}
    )
    return found


def who_chose(occasion: str, group: str | None) -> list[str]:
    """The addresses that are to hear of a fact; `group` is whose it is, None for everybody's."""
    return [
        one.address
        for one in Recipient.objects.order_by("address")
        if occasion in one.occasions and hears_of(one, group)
    ]


def hears_of(one: Recipient, group: str | None) -> bool:
    """Whether a recipient may hear of what is a group's; `group` None is everybody's.

    Those who are limited to a group hear of it alone. Groups are compared letter by letter.
    """
    return one.group in (None, group)


def deaf_to(addresses: Iterable[str], group: str | None) -> set[str]:
    """Those of the addresses that may not hear of what is a group's."""
    asked = {normalized(address): address for address in addresses}
    limited = Recipient.objects.filter(address__in=list(asked), group__isnull=False)
    return {asked[one.address] for one in limited if not hears_of(one, group)}


def has_chosen(occasion: str) -> bool:
    """Whether anybody is to hear of it at all."""
    return any(occasion in one.occasions for one in Recipient.objects.all())


def is_mail(address: str) -> bool:
    """Whether mail may be sent there."""
    return _passes(validate_email, address)


def is_webhook(address: str) -> bool:
    """Whether webhooks may be sent there: over https, and without a password in the address.

    A request holds ASCII alone: an address of other letters is given as it is sent.
    """
    if not (address.startswith(WEBHOOK) and address.isascii() and len(address) <= ADDRESS_LENGTH):
        return False
    if not _passes(URLValidator(schemes=["https"]), address):
        return False
    parts = urlsplit(address)
    try:
        return parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        # The port is larger than any.
        return False


def _passes(validate: Callable[[str], object], address: str) -> bool:
    try:
        validate(address)
    except ValidationError:
        return False
    return True


def secret_for(address: str) -> str:
    """A new one for a webhook; mails have none."""
    if not is_webhook(address):
        return ""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
