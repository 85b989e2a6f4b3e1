"""My tasks: long work I asked for, its progress, and the files it made."""
