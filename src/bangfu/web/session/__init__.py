"""Signing in and out, one's own account, password, tokens, language."""
