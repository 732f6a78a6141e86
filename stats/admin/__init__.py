"""The admin. Empty, since Django imports the site from here before it can register anything:
what it registers is in `stats.admin.models.registry`."""
