"""The API for programs: the same registry and findings as the pages, as JSON, by token.

Every operation declares its right and runs behind the same wall as a page (`door`). It reads
only; personal data comes masked and is revealed to no program. Described at /api/v1/docs.
"""
