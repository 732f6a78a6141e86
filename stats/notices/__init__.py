"""What the ledger says by itself: each fact once to each recipient, by mail or webhook."""
