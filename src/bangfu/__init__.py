"""bangfu (帮扶): the data platform of a county or city for targeted poverty alleviation."""

__version__ = "0.1.0"
