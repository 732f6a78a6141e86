"""The bundle of a closed month, and the same check on the tables."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from stats.closings import chain, form
from stats.closings.bundled import verify
from stats.models import ChainHead, ClosingEntry

BUNDLED = Path(verify.__file__).parent


def bundle(month: date) -> bytes:
    """The file: the chain up to the closing, its lines, the form and verify.py; byte by byte the
    same whenever it is made. Raises `ClosingError`."""
    place = chain.closing_of(month)
    closing = ClosingEntry.objects.get(pk=place)
    entries = _entries(place)
    files = {
        "chain.json": verify.as_json({"form": 1, "entries": entries}),
        "lines.csv": form.lines_csv(form.stored_lines(closing)),
        **{name: (BUNDLED / name).read_bytes() for name in ("closing.md", "verify.py")},
    }
    files["manifest.json"] = verify.manifest_of(entries[-1], files)
    return verify.zipped(files)


def table_faults(head: str | None = None) -> Iterator[str]:
    """What does not fit in the tables, as sentences. `head` is the hash of an entry that must be
    in the chain."""
    entries = _entries()
    yield from verify.chain_faults(entries, head)
    last = ChainHead.objects.values_list("place", "hash").first()
    if last != ((entries[-1]["place"], entries[-1]["hash"]) if entries else None):
        yield "The last entry is not the one that was written last."
    for entry, stored in zip(entries, ClosingEntry.objects.order_by("place"), strict=True):
        if form.are_misnumbered(stored):
            yield f"Entry {entry['place']}: its lines are not numbered from 1 on."
        yield from verify.lines_faults(entry, form.lines_csv(form.stored_lines(stored)))


def _entries(upto: int | None = None) -> list[dict[str, Any]]:
    found = ClosingEntry.objects.order_by("place").prefetch_related("totals")
    if upto is not None:
        found = found.filter(place__lte=upto)
    return [
        form.entry_form(entry, sorted(entry.totals.all(), key=lambda total: total.currency))
        for entry in found
    ]
