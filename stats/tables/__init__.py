"""Tables and their columns, and how they become HTML, CSV and XLSX at any number of rows."""
