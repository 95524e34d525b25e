"""A key file per compartment, a key per purpose; work is done with keys, keys are not handed out."""

from solely.keys.capabilities import KEY_BYTES, NONCE_BYTES, BoxKey, Entropy, LedgerKeys, MacKey, SealKeys, TokenKeys
from solely.keys.keyring import PASSWORDS, USES, Keyring, Use, new_keyring
from solely.keys.wrap import Argon2, Context, Passphrase, Wrap

__all__ = [
    "KEY_BYTES",
    "NONCE_BYTES",
    "PASSWORDS",
    "USES",
    "Argon2",
    "BoxKey",
    "Context",
    "Entropy",
    "Keyring",
    "LedgerKeys",
    "MacKey",
    "Passphrase",
    "SealKeys",
    "TokenKeys",
    "Use",
    "Wrap",
    "new_keyring",
]
