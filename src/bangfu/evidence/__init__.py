"""Photos and scans that prove what was done: kept outside the database, by content.

`looking` decides what a file is and makes what may be served (nothing of its metadata),
`store` keeps it sealed under the hash of its content, `scanning` asks a virus scanner, and the
tables say to what each file belongs. Higher rooms name files by that hash.
"""
