"""A synthetic Hechi, calibrated to the published figures: for demonstrations, tests and benches.

No person in it exists. `city` yields counties; `export` writes them out.
"""

from bangfu.demo.city import CountyPart, city, full_schema

__all__ = ["CountyPart", "city", "full_schema"]
