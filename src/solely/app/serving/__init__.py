"""The service as processes: which there are, what each is given, how one is started, watched, drained and ended."""
