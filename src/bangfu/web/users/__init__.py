"""Accounts of one's region: looking, making, changing, disabling, unlocking, new passwords."""
