"""The policy library: clauses, their rules, duties, contradictions and groups that exclude."""
