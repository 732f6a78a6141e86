"""The formats of files, one a module."""

from stats.invoices.formats import anthropic, focus, openai, plain

FORMATS = {one.name: one for one in (openai.FORMAT, anthropic.FORMAT, focus.FORMAT, plain.FORMAT)}
