import hmac

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from routekey.languages.sigv4 import derive_signing_key


@pytest.mark.rule("SEC-SIG-01")
def test_it_signs_as_botocore_does() -> None:
    signer = SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), "execute-api", "eu-west-2")
    request = AWSRequest("GET", "http://127.0.0.1/")
    request.context["timestamp"] = "20261123T000000Z"
    key = derive_signing_key("secret", "20261123", "eu-west-2", "execute-api")
    signature = hmac.digest(key, b"text", "sha256").hex()
    assert signer.signature("text", request) == signature
