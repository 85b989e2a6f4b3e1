"""What the evaluation found: by rule, ready or not and why, what is missing, one household."""
