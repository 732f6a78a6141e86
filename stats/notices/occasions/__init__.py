"""One occasion a module, as `OCCASION`."""
