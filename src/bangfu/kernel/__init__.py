"""The ground floor: problems, money, periods, division codes, clock. Imports nothing of ours."""
