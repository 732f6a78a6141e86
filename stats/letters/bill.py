"""What the costs of a letter leave out, and the statement that goes with it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.core import formatting
from stats.letters import pages, wording
from stats.letters.contents import Contents
from stats.letters.letter import Piece, Section, Sentence, sentence
from stats.reports import closing_words


def left_out(found: Contents) -> Section:
    title, sums = _("What this bill leaves out"), found.figures.now
    told = (
        (
            "unpriced",
            sums.unpriced_calls,
            sums.unpriced_tokens,
            ngettext(
                "%(calls)s call had no price (%(tokens)s tokens).",
                "%(calls)s calls had no price (%(tokens)s tokens).",
                sums.unpriced_calls,
            ),
        ),
        (
            "rounded_away",
            sums.rounded_away_calls,
            sums.rounded_away_tokens,
            ngettext(
                "%(calls)s call cost so little that it is zero (%(tokens)s tokens).",
                "%(calls)s calls cost so little that they are zero (%(tokens)s tokens).",
                sums.rounded_away_calls,
            ),
        ),
        (
            "no_usage",
            sums.no_usage_calls,
            0,
            ngettext(
                "%(calls)s call did not say what it used.",
                "%(calls)s calls did not say what they used.",
                sums.no_usage_calls,
            ),
        ),
    )
    sentences = tuple(
        _of_kind(found, kind, text, count, tokens) for kind, count, tokens, text in told if count
    )
    nothing = sentence(_("Nothing: the cost of every call is known."))
    return Section(title, sentences or (nothing,))


def _of_kind(found: Contents, kind: str, text: str, count: int, tokens: int) -> Sentence:
    calls = pages.page("stats_apiusagestats_changelist", found.scope, unknown_cost=kind)
    return sentence(
        text,
        calls=wording.number(count, calls),
        tokens=Piece(str(formatting.quantity(tokens)), pages.page("index", found.scope)),
    )


def statement(found: Contents) -> Section:
    if found.is_closed:
        text = _("Attached is the statement as it was closed, line by line, to the last decimal.")
    else:
        text = _("Attached is the statement, line by line, to the last decimal.")
    said = [sentence(text)]
    if not found.is_closed or found.scope.group is not None:
        # Of a closed month, too: what is known beyond the closing is of all groups together.
        late = _("Calls that come in late still count, so the pages may show more later.")
        said.append(sentence(late))
    return Section(_("The statement"), tuple(said))


def closing(found: Contents) -> Iterator[Section]:
    """Of a month that is closed: by whom, and how far it differs from that now."""
    month = found.closed
    if month is None or month.closing is None:
        return
    title, closed_by = _("The month is closed"), closing_words.closed_by(month.closing)
    if found.scope.group is not None:
        yield Section(title, (Sentence((Piece(closed_by),)),))
        return
    path = pages.closing(month.month)
    texts = (closed_by, closing_words.known_now(month))
    yield Section(title, tuple(Sentence((Piece(text, path),)) for text in texts))
