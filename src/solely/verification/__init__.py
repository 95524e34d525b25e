"""Two-step verification: factors, challenges, throttling, sent codes, recovery; no phone is ever needed."""
