"""Puts contents into words, in the language that is active."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.core import formatting
from stats.core.zones import reading_zone
from stats.letters import pages, sections, wording
from stats.letters.contents import Contents, OfCurrency
from stats.letters.letter import Letter, Piece, Sentence, sentence
from stats.notices.registry import OCCASIONS
from stats.query.sums import NO_COST
from stats.reports.comparison import percent_more


def written(found: Contents) -> Letter:
    """The whole letter."""
    scope = found.scope
    return Letter(
        OCCASIONS[scope.occasion].tell(scope.fact.facts).subject,
        tuple(_opening(found)),
        tuple(sections.of(found)),
        tuple(_in_small(found)),
    )


def _in_small(found: Contents) -> Iterator[str]:
    if found.chain_head:
        text = _(
            "Keep this letter: the last entry of the closed months has the hash %(hash)s. With it, "
            "anybody can check later whether they were changed."
        )
        yield text % {"hash": found.chain_head}
    yield _("Days are those of the time zone %(zone)s.") % {"zone": reading_zone()}
    yield _("To stop or change this letter, ask a usage administrator.")


def _opening(found: Contents) -> Iterator[Sentence]:
    when = wording.when(found.scope)
    if not found.figures.now.calls:
        yield sentence(_("%(when)s there were no calls."), when=when)
        return
    for place, one in enumerate(found.currencies):
        yield _spent(found, one, is_first=not place)
        if found.figures.before is not None:
            yield _against_before(found, one)
    if not found.currencies:
        yield sentence(_("%(when)s nothing was spent."), when=when)
    yield from _calls(found)
    if found.base.ledger_begins is not None:
        day = formatting.day(found.base.ledger_begins, with_year=True)
        text = _("There is nothing to compare this with yet: the ledger begins on %(day)s.")
        yield sentence(text, day=day)


def _spent(found: Contents, one: OfCurrency, *, is_first: bool) -> Sentence:
    scope = found.scope
    if scope.group is None:
        text = _("%(when)s we spent %(cost)s.") if is_first else _("We also spent %(cost)s.")
    elif is_first:
        text = _("%(when)s %(group)s spent %(cost)s.")
    else:
        text = _("%(group)s also spent %(cost)s.")
    cost = found.figures.now.cost_in(one.currency)
    path = pages.page("index", scope, ranked_in=found.tab(one))
    return sentence(
        text,
        when=wording.when(scope),
        group=scope.group or "",
        cost=wording.money(one.currency, cost, path),
    )


def _against_before(found: Contents, one: OfCurrency) -> Sentence:
    now, before = (
        sums.cost_in(one.currency) if sums else NO_COST
        for sums in (found.figures.now, found.figures.before)
    )
    path = pages.page("reports_changes", found.scope, ranked_in=found.tab(one))
    words: dict[str, Piece | str] = {
        "amount": wording.money(one.currency, abs(now - before), path),
        "before": wording.before(found.scope, found.base),
    }
    percent = percent_more(now, before)
    if percent is None:
        return sentence(_("Nothing was spent %(before)s."), **words)
    if now == before:
        return sentence(_("That is exactly as much as %(before)s."), **words)
    if now > before:
        text = _("That is %(amount)s more than %(before)s (%(percent)s).")
    else:
        text = _("That is %(amount)s less than %(before)s (%(percent)s).")
    return sentence(text, percent=Piece(formatting.percent_change(percent), path), **words)


def _calls(found: Contents) -> Iterator[Sentence]:
    scope, now, before = found.scope, found.figures.now, found.figures.before
    calls = wording.number(now.calls, pages.page("stats_apiusagestats_changelist", scope))
    if before is None:
        text = ngettext("There was %(calls)s call.", "There were %(calls)s calls.", now.calls)
        yield sentence(text, calls=calls)
    else:
        text = ngettext(
            "There was %(calls)s call; %(before)s there were %(calls_before)s.",
            "There were %(calls)s calls; %(before)s there were %(calls_before)s.",
            now.calls,
        )
        yield sentence(
            text,
            calls=calls,
            before=wording.before(scope, found.base),
            calls_before=wording.number(before.calls, pages.calls_before(scope, found.base)),
        )
    if now.failures:
        text = ngettext("%(failed)s call failed.", "%(failed)s calls failed.", now.failures)
        path = pages.page("reports_errors", scope)
        yield sentence(text, failed=wording.number(now.failures, path))
    else:
        yield sentence(_("No call failed."))
