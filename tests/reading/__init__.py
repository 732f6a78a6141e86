"""What a person reads: pages by their headings, files, and the calls themselves in plain SQL."""
