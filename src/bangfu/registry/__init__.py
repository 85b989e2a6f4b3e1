"""Divisions, households, persons, villages, counties, and their history.

The only writer of those tables. Reads are in `queries`, writes in `commands`, the bulk
path in `bulk`, undoing an event in `undo`, the way to the lake in `snapshot`.
"""
