"""Engines that look tokens up in an index; the kernel is the same, who runs it over the shards differs."""
