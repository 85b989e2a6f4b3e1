"""Home: what this person must look at, the map, and the way down to a village."""
