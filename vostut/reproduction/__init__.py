"""Chapters 7 and 8: runs, the ledger, claims, and the report of a whole reproduction."""
