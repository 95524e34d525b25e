"""The ledger: an append-only Merkle log of givings, uses, refusals and disclosures, and its signed heads.

`tree` hashes, `members` commits to a batch, `entry` is one record, `log` appends, `checkpoint` signs and
verifies heads, `proof` checks a whole ledger without store or key.
"""
