"""The command line, one typer module per subject; `main` collects them."""
