"""Inspection: samples and teams, checks on a phone, findings, orders, who answers for what."""
