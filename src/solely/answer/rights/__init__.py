"""A person's rights: what is held of them, the record of each consent, and all of it to take away."""
