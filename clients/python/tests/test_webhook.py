"""Webhooks, signed by the published library."""

import base64
import json
import unittest
from datetime import datetime, timezone

from standardwebhooks import Webhook

from twinlock import BadSignature, verify_webhook

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
BODY = json.dumps({"type": "device.stolen", "timestamp": "2026-11-23T08:00:00Z", "data": {"user_id": "ada"}}).encode()


class Webhooks(unittest.TestCase):
    def setUp(self) -> None:
        self.at = datetime.now(timezone.utc)
        signature = Webhook(SECRET).sign("msg_1", self.at, BODY.decode())
        stamp = str(int(self.at.timestamp()))
        self.headers = {"Webhook-Id": "msg_1", "Webhook-Timestamp": stamp, "Webhook-Signature": signature}

    def test_a_signed_call_is_read(self) -> None:
        event = verify_webhook(SECRET, self.headers, BODY)
        self.assertEqual((event.id, event.type, event.data), ("msg_1", "device.stolen", {"user_id": "ada"}))
        rotated = {**self.headers, "Webhook-Signature": "v1,b3RoZXI= " + self.headers["Webhook-Signature"]}
        verify_webhook(SECRET, rotated, BODY)

    def test_anything_else_is_refused(self) -> None:
        other = "whsec_" + base64.b64encode(bytes(32)).decode()
        changed = [
            (other, self.headers, BODY),
            (SECRET, self.headers, BODY.replace(b"ada", b"eve")),
            (SECRET, {**self.headers, "Webhook-Id": "msg_2"}, BODY),
            (SECRET, {**self.headers, "Webhook-Timestamp": str(int(self.at.timestamp()) + 1)}, BODY),
            (SECRET, {**self.headers, "Webhook-Timestamp": "soon"}, BODY),
            (SECRET, {**self.headers, "Webhook-Signature": "v1,ü"}, BODY),
            (SECRET, {**self.headers, "Webhook-Signature": ""}, BODY),
            (SECRET, {}, BODY),
        ]
        for secret, headers, body in changed:
            with self.assertRaises(BadSignature):
                verify_webhook(secret, headers, body)

    def test_an_old_call_is_refused(self) -> None:
        for seconds in (-301, 301):
            with self.assertRaises(BadSignature):
                verify_webhook(SECRET, self.headers, BODY, now=self.at.timestamp() + seconds)


if __name__ == "__main__":
    unittest.main()
