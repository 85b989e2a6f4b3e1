"""Evaluation runs: their history, starting one, following and stopping it."""
