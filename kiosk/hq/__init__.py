"""Headquarters: ledger, ingest, wallet, downbox, publishing, imports, console and API."""
