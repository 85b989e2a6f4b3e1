"""Prescribed steps: inbox, batches, cases, bulk decisions, notices."""
