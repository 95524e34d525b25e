"""Rows go from the keys they are under to the primary, while everything else goes on.

- In batches, each its own transaction: a row is under one key or under the next, with its number beside it, and
  whoever reads it reads both at once. Killed anywhere, the rest is done by doing it again.
- No contact is opened and none is told: a wrapped key is wrapped anew, a token becomes the token under the next key.
"""
