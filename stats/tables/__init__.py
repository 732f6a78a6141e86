"""Files of calls and of reports: CSV line by line, XLSX sheet by sheet, at any number of rows."""
