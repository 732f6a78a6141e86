"""What a row of each table is, for people who look at the database with SQL or a BI tool.

Adopted, the `dt_*` tables are another application's and stay as they are.
"""

from django.db import migrations

COMMENTS = {
    "apikey": "The key of a service.",
    "apiusagestats": "A call to the LLM API.",
    "budget": "What may be spent, and by whom.",
    "budgetcrossing": "A threshold of a budget that was reached in a period.",
    "budgetterms": "What a budget is from a period on.",
    "chainhead": "The single row: which entry of the chain is the last.",
    "closedline": "The figures of a user in a group at an endpoint in a currency, in an entry.",
    "closedtotal": "The sum of an entry's lines in a currency.",
    "closingentry": "An entry of the chain of closed months.",
    "currencyname": "A currency, with its number in the sums.",
    "dayendpoint": "The sums of a day, endpoint, currency and outcome.",
    "dayfailure": "The failures of a day, kind and endpoint.",
    "dayjob": "The sums of a day, job and currency.",
    "daylatency": "The calls of a day and endpoint whose response time is in a bucket.",
    "daytotal": "The sums of a day and currency.",
    "dayuser": "The sums of a day, user and currency.",
    "dayuserendpoint": "The sums of a day, user, endpoint, currency and outcome.",
    "dayuseroutcome": "The sums of a day, user, currency and outcome.",
    "demorows": "A range of ids that demo data has in a table.",
    "endpointname": "An endpoint, with its number in the sums.",
    "enduser": "A user: a person who causes calls.",
    "examineddays": "The single row: which days were looked at for unusual ones.",
    "failurekind": "A kind of failure: messages that differ only in numbers and the like.",
    "foldedchunk": "A range of ids of calls that are in the sums.",
    "foldstate": "The single row: how far the sums are filled.",
    "hourendpoint": "The sums of an hour, endpoint, currency and outcome.",
    "idempotencyrecord": "The answer to a POST with an Idempotency-Key.",
    "importedcall": "A row of an imported file that is a call already.",
    "invoiceday": "What an invoice asks for a day.",
    "membership": "The days on which a user is in a group.",
    "monthlatency": "The calls of a month and endpoint whose response time is in a bucket.",
    "monthuser": "The sums of a month, user and currency.",
    "monthuserendpoint": "The sums of a month, user, endpoint, currency and outcome.",
    "monthuseroutcome": "The sums of a month, user, currency and outcome.",
    "notice": "One fact for one recipient.",
    "providerinvoice": "What a provider asks for a month.",
    "recipient": "Whom notices go to: a mail address or a webhook.",
    "refusedpost": "A POST of calls that was refused.",
    "scheduledjob": "A scheduled job: its last run and its next.",
    "translationjob": "A translation job that calls were made for.",
    "unusualday": "An unusual day of everybody, a user, a group or an endpoint.",
}


class Migration(migrations.Migration):
    dependencies = [("stats", "0020_sums_of_jobs")]
    operations = [
        migrations.AlterModelTableComment(name, comment) for name, comment in COMMENTS.items()
    ]
