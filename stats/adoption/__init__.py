"""Checks another application's live database before adopting it, and leaves it again.

`reading` reads facts from the database, other modules judge facts without a database, `inspection`
does both.
"""
