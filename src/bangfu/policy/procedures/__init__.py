"""Procedures as data: a pack's procedures/*.yaml read, checked, and walked step by step.

Pure: knows no table and no clock. `reading` makes a `Procedure`, `checking` refuses one that
cannot be walked, `trail` folds what was recorded into a state, `machine` says whether an
attempted act is allowed and, if not, everything that is missing. The procedures room keeps
the records and calls these.
"""
