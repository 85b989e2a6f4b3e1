"""Results of a simulation as tables, and those as Excel and Word files. No Django here: the
command line writes them too."""
