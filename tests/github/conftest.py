from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@pytest.fixture(scope="session")
def app_key() -> str:
    """What a GitHub App signs with."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    kind, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(kind, form, serialization.NoEncryption()).decode()
