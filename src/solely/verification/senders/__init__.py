"""Senders: how a message leaves for a phone or a mailbox, and what becomes of it."""
