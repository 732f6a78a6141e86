"""Closed months: figures that no longer move, and what was learned of them later."""
