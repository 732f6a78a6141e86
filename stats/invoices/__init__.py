"""Invoices of providers: read, kept, and the difference from the ledger explained."""
