"""Prescribed steps: batches, cases, notices, objections, deadlines.

What a procedure is, stands in the packs (`bangfu.policy.procedures`); this room keeps what was
done. Every act is a record that is never changed, in a chain of its own per case and, by its
digest, in the audit chain; where a case stands is computed from its records.
"""
