"""Performance figures, side by side with OpenFisca on the same files. `make bench` runs it."""
