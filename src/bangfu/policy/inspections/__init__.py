"""The sheets of spot checks and evaluations as data: a pack's inspections.yaml, read and checked."""
