"""What the cost pages of APIs have in common: JSON pages of buckets of results."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from stats.core import exact_json
from stats.core.periods import DAY
from stats.invoices.reading import InvoiceError, Row


@dataclass(frozen=True, slots=True)
class Node:
    """An object of JSON and where it stands."""

    place: str
    value: dict[str, Any]

    @classmethod
    def of(cls, value: object, place: str) -> "Node":
        """Raises `InvoiceError` if it is no object."""
        if not isinstance(value, dict):
            raise InvoiceError.at(place, "{}", _("an object is needed."))
        return cls(place, value)

    def objects(self, name: str) -> "Iterator[Node]":
        """Those of a list."""
        found = self.value.get(name)
        if not isinstance(found, list):
            raise self.wrong(name, _("a list is needed."))
        for number, one in enumerate(found):
            yield Node.of(one, f"{self.place}, {name}[{number}]")

    def object(self, name: str) -> "Node":
        return Node.of(self.value.get(name), f"{self.place}, {name}")

    def text(self, name: str) -> str:
        found = self.value.get(name)
        if not isinstance(found, str) or not found:
            raise self.wrong(name, _("a text is needed."))
        return found

    def wrong(self, name: str, sentence: str) -> InvoiceError:
        return InvoiceError.at(self.place, name, sentence)


def rows(
    text: str,
    days: Callable[[Node], tuple[datetime, datetime]],
    row: Callable[[Node, datetime], Row],
) -> Iterator[Row]:
    """The rows of all results. `days` gives the bounds of a bucket, which must be a day of UTC.

    Raises `InvoiceError`, also if a bucket occurs twice or if there are pages after the last one.
    """
    found: dict[datetime, str] = {}
    pages = list(_pages(text))
    for page in pages:
        for bucket in page.objects("data"):
            start, end = days(bucket)
            if end - start != DAY or start.time() != datetime.min.time():
                raise bucket.wrong(_("bucket"), _("a whole day of UTC is needed."))
            if start in found:
                words = {"day": f"{start:%Y-%m-%d}", "place": found[start]}
                sentence = _("%(day)s stands at %(place)s already.") % words
                raise bucket.wrong(_("bucket"), sentence)
            found[start] = bucket.place
            for result in bucket.objects("results"):
                yield row(result, start)
    if pages[-1].value.get("has_more"):
        raise pages[-1].wrong("has_more", _("the pages after it are missing."))


def _pages(text: str) -> Iterator[Node]:
    """A page, a list of pages, or a page a line."""
    for number, page in enumerate(_values(text), start=1):
        yield Node.of(page, _("page %(number)s") % {"number": number})


def _values(text: str) -> list[object]:
    try:
        whole = exact_json.decode(text.encode())
    except exact_json.NotJSONError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise InvoiceError(_("The file is not JSON: %(why)s.") % {"why": error}) from None
        return list(_by_line(lines))
    found = whole if isinstance(whole, list) else [whole]
    if not found:
        raise InvoiceError(_("The file has no amounts."))
    return found


def _by_line(lines: list[str]) -> Iterator[object]:
    for number, line in enumerate(lines, start=1):
        try:
            yield exact_json.decode(line.encode())
        except exact_json.NotJSONError as error:
            words = {"number": number, "why": error}
            raise InvoiceError(_("Line %(number)s is not JSON: %(why)s.") % words) from None
