"""What a page shows instead of figures, and where to go from there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.admin.components import wording
from stats.admin.components.filter_bar import Chip, chips
from stats.admin.components.links import Address
from stats.core import formatting
from stats.core.periods import ALL, ALL_TIME, is_within_bounds, local_day
from stats.core.zones import reading_zone
from stats.query import engine
from stats.query.engine import TooManyCallsError
from stats.query.extent import last_day
from stats.query.request import Request
from stats.query.selection import Selection


@dataclass(frozen=True, slots=True)
class Wider:
    """A filter in words, and the number of calls without it."""

    filter: str
    calls: str
    url: str


@dataclass(frozen=True, slots=True)
class EmptyState:
    """Why there are no figures, and the ways on; `counted` is what is known all the same, and
    `narrower` has choices and their addresses."""

    title: str
    text: str
    link_text: str = ""
    url: str = ""
    wider: tuple[Wider, ...] = ()
    counted: str = ""
    narrower: tuple[tuple[str, str], ...] = ()


def too_many_calls(counted: str = "") -> EmptyState:
    """The calls are too many to be read; `counted` is what is known all the same."""
    text = _("These filters must check every call. Choose a shorter period, a user or a job.")
    return EmptyState(_("Too many calls to read one by one"), text, counted=counted)


def too_many_to_sort(by_time: Address) -> EmptyState:
    """No index has the calls in the order asked for, and they are too many to be sorted."""
    text = _(
        "At most %(most)s calls are sorted, since all of them must be read. "
        "Choose a shorter period, a user or a job."
    ) % {"most": formatting.number(settings.MOST_CALLS_READ)}
    return EmptyState(_("Too many calls to sort"), text, _("Show them by time"), str(by_time))


def several_currencies(currencies: Iterable[str], by_cost: Address, by_time: Address) -> EmptyState:
    """Costs in several currencies have no order."""
    one_each = tuple(
        (formatting.currency_name(one), str(by_cost.having(currency=one))) for one in currencies
    )
    return EmptyState(
        _("Costs in several currencies have no common order"),
        _("Choose one of them."),
        _("Show them by time"),
        str(by_time),
        narrower=one_each,
    )


def too_slow() -> EmptyState:
    """The database took too long."""
    text = _(
        "The figures could not be computed in time. Choose a shorter period or fewer filters, "
        "or try again when the system is less busy."
    )
    return EmptyState(_("This takes too long"), text)


def no_calls(request: Request, address: Address) -> EmptyState:
    """No call matches the filters in the period."""
    selection = request.selection
    wider = tuple(_wider(selection, address))
    title = _("No calls under these filters") if wider else _("No calls in this period")
    try:
        day = last_day(selection)
    except TooManyCallsError:
        text = _("Other periods were not checked: there are too many calls.")
        return EmptyState(title, text, _("Show all calls"), str(Address(address.path)), wider)
    if day is None:
        return EmptyState(title, *_without_a_time(selection, address), wider)
    text = _("The latest matching call was on %(day)s.") % {
        "day": formatting.day(day, with_year=True)
    }
    if not is_within_bounds(day, day, local_day(request.now, reading_zone())):
        return EmptyState(title, text, _("Show all calls"), str(address.calls.preset(ALL)), wider)
    return EmptyState(title, text, _("Show that day"), str(address.during(day, day)), wider)


def no_such_failure(counted: int, address: Address) -> EmptyState:
    """No failure of a kind is there; `counted` of them were purged."""
    title, text = _("No such error in this period"), _("No call failed with this error.")
    if counted:
        title = wording.failed_alike(counted)
        text = _("The calls were purged; only their number is kept.")
    others = str(address.without("failure").having(success="false"))
    return EmptyState(title, text, _("Show all failures"), others)


def _without_a_time(selection: Selection, address: Address) -> tuple[str, str, str]:
    """Text and link if no matching call has a time, or none matches at all."""
    calls = _count(selection.during(ALL_TIME))
    if calls:
        text = ngettext(
            "%(number)s matching call has no time, so no period includes it.",
            "%(number)s matching calls have no time, so no period includes them.",
            calls,
        )
        return wording.counted(text, calls), _("Show all calls"), str(address.calls.preset(ALL))
    if not address.pairs:
        return _("Nothing has been recorded yet."), _("To the overview"), reverse("admin:index")
    text = _("No call in any period matches these filters.")
    return text, _("Show all calls"), str(Address(address.path))


def _wider(selection: Selection, address: Address) -> Iterator[Wider]:
    """For each filter that is set, the same period without it."""
    of_parameter: dict[str, list[Chip]] = {}
    for chip in chips(address):
        of_parameter.setdefault(chip.parameter, []).append(chip)
    for parameter, found in of_parameter.items():
        yield Wider(
            f"{found[0].label} {formatting.listed(chip.value for chip in found)}",
            _calls(selection.without(parameter)),
            str(address.without(parameter)),
        )


def _count(selection: Selection) -> int | None:
    """The number of calls; None if they are too many to be counted."""
    total = engine.unless_too_many(engine.total, selection)
    return total.calls if total else None


def _calls(selection: Selection) -> str:
    calls = _count(selection)
    if calls is None:
        return _("too many calls to count")
    return wording.calls(calls)
