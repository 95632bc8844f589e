"""What a description cannot say: a server's signature, and the key of a site that is there. See src/schemathesis.rs."""

import hashlib
import hmac
import os
import time

import requests
import schemathesis


class Signed(requests.auth.AuthBase):
    """Signs the body as it is sent."""

    def __call__(self, request):
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        now = str(int(time.time() * 1000))
        signed = hmac.new(os.environ["ATTUNE_SECRET"].encode(), now.encode() + b"." + body, hashlib.sha256)
        request.headers["attune-key"] = os.environ["ATTUNE_KEY"]
        request.headers["attune-signature"] = f"t={now},v1={signed.hexdigest()}"
        return request


@schemathesis.hook
def before_call(context, case, kwargs):
    """In the place of a key and a signature that were made up; where one is left out on purpose it stays so."""
    if case.operation.path == "/v1/events" and {"attune-key", "attune-signature"} <= set(case.headers or {}):
        kwargs["auth"] = Signed()


@schemathesis.hook
def map_body(context, body):
    """Any text is a site key as far as the description goes; one that is nobody's is refused before the rest is read."""
    doors = ("/v1/batch", "/v1/forget")
    if context.operation.path in doors and isinstance(body, dict) and isinstance(body.get("site"), str):
        body["site"] = os.environ["ATTUNE_SITE"]
    return body
