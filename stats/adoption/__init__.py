"""Looking at another application's live database before adopting it, and leaving it again.

`reading` asks the database for facts, the other modules judge facts without a database, and
`inspection` puts both together. Written for MariaDB and MySQL; MySQL 8 from its documentation, and
untested there.
"""
