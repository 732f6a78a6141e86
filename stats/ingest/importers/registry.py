"""The formats by their names: what `manage.py import_calls` takes."""

from stats.ingest.importers import dify, langfuse, litellm, own_csv, own_jsonl

MODULES = (own_csv, own_jsonl, litellm, langfuse, dify)
FORMATS = {module.FORMAT.name: module.FORMAT for module in MODULES}
