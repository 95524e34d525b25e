"""A key file whose checksum is mended after a change, as whoever can write it would."""

import hashlib

import rfc8785


def with_sum(file):
    return rfc8785.dumps({**file, "sha256": hashlib.sha256(rfc8785.dumps(file)).hexdigest()}) + b"\n"
