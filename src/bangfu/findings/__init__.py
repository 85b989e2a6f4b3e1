"""Evaluation runs: a snapshot judged by a pack, its results at work, explanations, differences.

Reads are in `queries` (households and lists), `totals` (counts) and `explaining` (one
household, live); writes in `commands`; the work itself in `evaluation` and `loading`.
"""
