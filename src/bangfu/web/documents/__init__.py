"""Forms, lists and notices: what can be made, made files, printing."""
