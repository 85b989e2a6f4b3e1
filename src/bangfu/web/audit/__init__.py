"""The audit log: who did what, when, to what; each row change; whether the chain holds."""
