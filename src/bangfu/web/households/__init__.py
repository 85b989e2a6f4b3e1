"""Households: search, list, the household's page, correcting, revealing."""
