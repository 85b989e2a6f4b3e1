"""Forms, lists and notices as data: a pack's documents/*.yaml, read, checked and filled.

Pure: `reading` makes a `Document`, `checking` refuses one that names what does not exist,
`filling` joins it with the values of one household, village or county into a `Paper` of plain
paragraphs and tables. The documents room finds the values and writes Word and HTML.
"""
