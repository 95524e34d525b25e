"""Key files wrapped by AWS KMS: a data key of each file, under a key that never leaves KMS.

- The data key is asked for with an encryption context, the compartment and the file's id: KMS opens it for no other,
  and AWS's own log (CloudTrail) names both each time a key file is opened.
- It is opened by the key of the settings, not by the one the file names: whoever writes files can't bring a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from solely.errors import SolelyError, Tampered, Unavailable
from solely.keys.capabilities import Entropy
from solely.keys.settings import AwsKms
from solely.keys.wrap import WHERE, Context, Fields

__all__ = ["AwsKmsWrap"]

_OTHERS = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})
_SECONDS, _TRIES = 5, 3
_CURE = {
    "AccessDeniedException": "let who runs this use the key: kms:GenerateDataKey and kms:Decrypt",
    "NotFoundException": "see key-id and region in keys.toml",
    "DisabledException": "enable the key in KMS",
    "KMSInvalidStateException": "the key is not usable now: if it is to be deleted, cancel that at once",
}


@dataclass(frozen=True, slots=True)
class AwsKmsWrap:
    """One key of KMS."""

    settings: AwsKms

    @property
    def kind(self) -> str:
        return "aws-kms"

    def new_key(self, context: Context, entropy: Entropy) -> tuple[bytes, Fields]:
        """A data key as KMS makes it, and the same under the key of the settings."""
        del entropy  # KMS draws it
        said = self._ask(
            "generate_data_key", KeyId=self.settings.key_id, KeySpec="AES_256", EncryptionContext=dict(context)
        )
        return said["Plaintext"], {"key-id": said["KeyId"], "data-key": said["CiphertextBlob"].hex()}

    def open_key(self, fields: Mapping[str, Any], context: Context) -> bytes:
        """The data key again."""
        said = self._ask(
            "decrypt",
            KeyId=self.settings.key_id,
            CiphertextBlob=bytes.fromhex(fields["data-key"]),
            EncryptionContext=dict(context),
        )
        return bytes(said["Plaintext"])

    def does_not_fit(self) -> SolelyError:
        return Tampered("its content is not what was wrapped", where=WHERE, cure="restore the file from its backup")

    def _ask(self, act: str, **asked: Any) -> Mapping[str, Any]:
        try:
            import boto3  # noqa: PLC0415 - an extra: only who wraps by KMS has it
            from botocore.config import Config  # noqa: PLC0415
            from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
        except ModuleNotFoundError:
            cure = "install it: pip install 'solely[aws]'"
            raise Unavailable("AWS's library is not here", where="aws-kms", cure=cure) from None
        retries = {"total_max_attempts": _TRIES, "mode": "standard"}
        config = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries=retries)
        endpoint, region = self.settings.endpoint or None, self.settings.region or None
        fault = ""
        try:
            client = boto3.session.Session().client("kms", region_name=region, endpoint_url=endpoint, config=config)
            return dict(getattr(client, act)(**asked))  # two names, both above
        except ClientError as error:
            fault = str(error.response.get("Error", {}).get("Code", ""))
        except (BotoCoreError, ValueError) as error:
            fault = type(error).__name__
        raise _error(fault)  # away from an error that may hold what was asked


def _error(fault: str) -> SolelyError:
    if fault in _OTHERS:
        what = "its data key does not open: it is of another key or file, or damaged"
        return Tampered(what, where=WHERE, cure="restore the file from its backup; see key-id in keys.toml")
    named = fault if fault.isalnum() else "no answer"
    cure = _CURE.get(fault, "see that KMS is reached, and by whom; nothing was done")
    return Unavailable("AWS KMS did not open or make the key", where=f"aws-kms, {named}", cure=cure)
