"""HTTP only: one folder per subject with its views, routes and templates. No SQL, no rules.

`http.route` is the only door: every view declares the right it needs, gets the scope of
the person who asks, and runs inside that scope's transaction.
"""
