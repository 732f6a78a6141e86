"""The stock admin of the models that have a place in it."""
