"""Days out of the ordinary: found once they are over, kept, and said to have been expected."""
