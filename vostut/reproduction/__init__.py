"""Chapters 6 and 7: runs, the ledger, claims, and the report of a whole reproduction."""
