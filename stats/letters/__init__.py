"""The letter: what a week or a month cost, told to whoever has an address."""
