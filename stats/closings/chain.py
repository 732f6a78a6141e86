"""The only writer of closed months. It appends entries to the chain and edits none.

It removes none either, except all of a chain that is of demo data alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

import django
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from stats.closings import form
from stats.closings.bundled import verify
from stats.closings.lines import Figures, Line
from stats.ingest import closed_months
from stats.models import ChainHead, ClosedLine, ClosedTotal, ClosingEntry
from stats.models.closings import FIGURES, EntryKind
from stats.rollups.state import newest_id

HEAD_ID = 1
LINES_AT_ONCE = 2_000


class ClosingError(Exception):
    """What is refused, in a sentence that says what to do."""


def closing_of(month: date) -> int:
    """The place of the closing that holds. Raises `ClosingError` if the month is not closed."""
    place = ClosingEntry.objects.closed_months().get(month)
    if place is None:
        raise ClosingError(_("%(month)s is not closed.") % {"month": f"{month:%Y-%m}"})
    return place


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose entry it is; a verification has no account."""

    name: str = ""
    account_id: int | None = None

    @classmethod
    def of(cls, account: User | AnonymousUser) -> "Signer":
        """Raises `ClosingError` if the account has no right to it."""
        if not (account.is_active and account.has_perm("stats.close_month")):
            raise ClosingError(
                _("%(name)s has no right to close months.") % {"name": account.get_username()}
            )
        return cls(account.get_username(), account.pk)


def append(
    kind: EntryKind,
    month: date,
    now: datetime,
    *,
    signer: Signer,
    refers_to: int | None = None,
    reason: str = "",
    lines: Sequence[Line] = (),
) -> ClosingEntry:
    """Add an entry with its lines. The caller holds the state row, so that there is one writer."""
    head = ChainHead.objects.filter(pk=HEAD_ID).first()
    lines = sorted(lines, key=attrgetter("key.place"))
    entry = ClosingEntry(
        place=head.place + 1 if head else 1,
        kind=kind.value,
        month=month,
        made_at=form.moment(now),
        made_by=signer.name,
        account_id=signer.account_id,
        refers_to=refers_to,
        reason=reason,
        zone=settings.TIME_ZONE,
        versions=_versions(),
        highest_id=newest_id() or 0,
        line_count=len(lines),
        lines_sha256=verify.sha256(form.lines_csv(lines)),
        previous_hash=head.hash if head else verify.BEFORE_THE_FIRST,
    )
    totals = _totals(entry, lines)
    entry.hash = verify.hash_of(form.entry_form(entry, totals))
    with transaction.atomic():
        entry.save(force_insert=True)
        ClosedTotal.objects.bulk_create(totals)
        rows = (form.row_of(line, entry=entry, number=n) for n, line in enumerate(lines, 1))
        ClosedLine.objects.bulk_create(rows, batch_size=LINES_AT_ONCE)
        ChainHead.objects.update_or_create(
            pk=HEAD_ID, defaults={"place": entry.place, "hash": entry.hash}
        )
    transaction.on_commit(closed_months.forget)
    return entry


def remove_all() -> None:
    """Remove the whole chain, of which no entry is of use: all were of demo data. The caller holds
    the state row."""
    for model in (ClosedLine, ClosedTotal, ChainHead, ClosingEntry):
        model._default_manager.all().delete()
    transaction.on_commit(closed_months.forget)


def _totals(entry: ClosingEntry, lines: Sequence[Line]) -> list[ClosedTotal]:
    by_currency = sorted(lines, key=attrgetter("key.currency"))
    return [
        ClosedTotal(entry=entry, currency=currency, **dict(zip(FIGURES, sums, strict=True)))
        for currency, some in groupby(by_currency, attrgetter("key.currency"))
        for sums in [added_up([line.figures for line in some])]
    ]


def added_up(rows: Sequence[Figures]) -> Figures:
    """The sum of figures, place by place."""
    return tuple(map(sum, zip(*rows, strict=True)))


def _versions() -> str:
    """Of the form, of our tables and of Django."""
    applied = MigrationRecorder.Migration.objects.filter(app="stats").order_by("-name")
    tables = applied.values_list("name", flat=True).first()
    return f"form 1, {tables}, Django {django.get_version()}"
