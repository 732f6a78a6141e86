"""The only writer of rollups: fold, rebuild, verify, purge (docs/rollups.md)."""
