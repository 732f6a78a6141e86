"""Reads pages and files as a person does, and compares them with the calls in plain SQL."""
