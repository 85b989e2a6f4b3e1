"""Policy simulations: what if a parameter or rule were otherwise; what an amendment changed."""
