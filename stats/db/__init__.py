"""What differs between databases, and statements, transactions and online DDL."""
