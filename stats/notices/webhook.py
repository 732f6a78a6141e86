"""A notice as a webhook, after the Standard Webhooks specification."""

import json
from datetime import UTC, datetime

from django.utils.translation import gettext_noop
from standardwebhooks import Webhook

from stats.core.sentences import Sentence
from stats.models import Notice, Recipient
from stats.notices import https
from stats.notices.failure import NotSentError

# The receiver wants no more of these.
GONE = 410


def send(notice: Notice, recipient: Recipient, now: datetime) -> None:
    """Raises `NotSentError`."""
    body = body_of(notice)
    headers = {
        "content-type": "application/json",
        "webhook-id": notice.public_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(recipient.secret).sign(
            notice.public_id, now.astimezone(UTC), body
        ),
    }
    status = https.post(recipient.address, body.encode(), headers)
    if not 200 <= status < 300:
        text = gettext_noop("The receiver answered %(status)s.")
        raise NotSentError(Sentence(text, {"status": str(status)}), is_final=status == GONE)


def body_of(notice: Notice) -> str:
    """The same at each attempt."""
    return json.dumps(
        {
            "type": notice.occasion,
            "timestamp": notice.created_at.astimezone(UTC).isoformat(),
            "data": notice.facts,
        }
    )
