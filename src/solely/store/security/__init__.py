"""The security compartment's tables, as its own role reads and writes them."""
