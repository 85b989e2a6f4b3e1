"""Inspection: samples that anyone can draw again, teams from outside, what was found, who must
put it right by when, and who answers for what was determined.
"""
