"""Files in: read, checked against the rule list, staged, previewed, applied or refused.

The way of a batch: `commands.receive` stores the files sealed; the job `import.check` reads
and validates them (DuckDB, whole columns) and stages what is valid; a person looks at the
preview; the job `import.apply` writes all of it under one audit event; `import.undo` takes
it back as one. Pages and the command line call `commands` and `queries` only.
"""
