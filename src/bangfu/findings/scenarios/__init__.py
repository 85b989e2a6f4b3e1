"""Saved simulations: what was changed, on which snapshot, what came of it. Tables in `models`,
reads in `queries`, writes in `commands`, the work as a job in `work`."""
