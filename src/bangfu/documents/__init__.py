"""Forms, lists and notices on paper: values found, layouts filled, Word and HTML written.

`finding` gathers what is known of households, villages and counties within a scope; the
layouts are `bangfu.policy.documents`; `word` and `html` write what comes out, one subject
after another, so that a whole township in one file needs no more memory than one household.
"""
