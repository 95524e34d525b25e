"""Wraps of key files that ask a server: one module each. They keep nothing, in memory or on disk."""
