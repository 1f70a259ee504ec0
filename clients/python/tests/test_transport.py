"""What happens when answers are lost, late, or no answers."""

import threading
import time
import unittest
from unittest import mock

from tests.support import KEY, SECRET, Between, ask, code, handed_on, new_user, problem, shop
from twinlock import BadAnswer, Refused, Twinlock, Unreachable

NOWHERE = "http://127.0.0.1:9"


class Retries(unittest.TestCase):
    def setUp(self) -> None:
        slept = mock.patch("twinlock.transport.time.sleep")
        self.slept = slept.start()
        self.addCleanup(slept.stop)

    def waits(self) -> list[float]:
        return [call.args[0] for call in self.slept.call_args_list]

    def test_a_lost_answer_is_asked_for_again_and_costs_nothing(self) -> None:
        user, real = new_user(), shop()
        real.add_factor(user, "totp", secret=SECRET)
        challenge, typed = ask(real, user), code()

        def lose_the_first(turn, handler, body):
            answer = handed_on(handler, body)
            return None if turn == 1 else answer

        with Between(lose_the_first) as between:
            result = Twinlock(between.url, KEY).verify(challenge.id, typed, user=user)
        self.assertEqual(result.user_id, user)
        keys = {headers["idempotency-key"] for _, headers in between.asked}
        self.assertEqual((len(between.asked), len(keys)), (2, 1))

    def test_each_call_has_a_key_of_its_own(self) -> None:
        with Between(lambda turn, handler, body: handed_on(handler, body)) as between:
            client, user = Twinlock(between.url, KEY), new_user()
            ask(client, user), ask(client, user)
        keys = {headers["idempotency-key"] for _, headers in between.asked}
        self.assertEqual((len(between.asked), len(keys)), (2, 2))

    def test_a_short_wait_is_waited(self) -> None:
        def once_too_many(turn, handler, body):
            return problem(429, "too_many_attempts", retry_after=2) if turn == 1 else handed_on(handler, body)

        with Between(once_too_many) as between:
            self.assertEqual(ask(Twinlock(between.url, KEY), new_user()).status, "not_required")
        self.assertEqual(self.waits(), [2])

    def test_a_long_wait_is_told(self) -> None:
        with Between(lambda *_: problem(429, "account_locked", retry_after=900)) as between:
            with self.assertRaises(Refused) as caught:
                Twinlock(between.url, "k").verify("id", "000000", user="ada")
        self.assertEqual((caught.exception.retry_after, len(between.asked), self.waits()), (900, 1, []))

    def test_a_refusal_is_not_tried_again(self) -> None:
        for status, word in [(422, "code_incorrect"), (401, "api_key_invalid"), (500, "internal_error"), (503, "delivery_unavailable")]:
            with Between(lambda *_: problem(status, word)) as between, self.assertRaises(Refused) as caught:
                Twinlock(between.url, "k").verify("id", "000000", user="ada")
            self.assertEqual((caught.exception.code, len(between.asked)), (word, 1))

    def test_tries_end(self) -> None:
        with Between(lambda *_: problem(503, "unavailable")) as between, self.assertRaises(Unreachable):
            Twinlock(between.url, "k", tries=4).verify("id", "000000", user="ada")
        self.assertEqual(len(between.asked), 4)
        self.assertEqual(len(self.waits()), 3)

    def test_the_key_goes_nowhere_else(self) -> None:
        with Between(lambda *_: (200, {}, b"{}")) as elsewhere:
            with Between(lambda *_: (307, {"Location": elsewhere.url}, b"")) as between, self.assertRaises(BadAnswer):
                ask(Twinlock(between.url, "k"), "ada")
            self.assertEqual(elsewhere.asked, [])

    def test_a_late_answer_is_none(self) -> None:
        def late(turn, handler, body):
            enough.wait(3)

        enough = threading.Event()
        with Between(late) as between:
            begun = time.monotonic()
            with self.assertRaises(Unreachable):
                ask(Twinlock(between.url, "k", timeout=0.2, tries=2), "ada")
            self.assertLess(time.monotonic() - begun, 2)
            enough.set()


class FailPolicy(unittest.TestCase):
    def setUp(self) -> None:
        slept = mock.patch("twinlock.transport.time.sleep")
        slept.start()
        self.addCleanup(slept.stop)

    def test_nobody_gets_in_unless_said(self) -> None:
        with self.assertRaises(Unreachable):
            ask(Twinlock(NOWHERE, "k"), "ada")
        with self.assertRaises(ValueError):
            Twinlock(NOWHERE, "k", when_unreachable="open")

    def test_the_password_alone_is_enough_where_that_was_said(self) -> None:
        client = Twinlock(NOWHERE, "k", when_unreachable="allow")
        with self.assertLogs("twinlock", "ERROR"):
            challenge = ask(client, "ada")
        self.assertEqual((challenge.status, challenge.why), ("not_required", "unreachable"))
        self.assertEqual((challenge.result.user_id, challenge.result.acr, challenge.result.method), ("ada", "1", None))

    def test_what_needs_a_proof_gets_none_without(self) -> None:
        client = Twinlock(NOWHERE, "k", when_unreachable="allow")
        for call in (
            lambda: ask(client, "ada", reason="step_up"),
            lambda: client.verify("id", "000000", user="ada"),
            lambda: client.redeem("token", user="ada"),
            lambda: client.user("ada"),
        ):
            with self.assertRaises(Unreachable):
                call()

    def test_an_answer_never_allows(self) -> None:
        answers = [problem(429, "too_many_attempts", retry_after=60), problem(401, "api_key_invalid")]
        answers += [problem(500, "internal_error"), (200, {}, b"no json"), (404, {"Content-Type": "text/html"}, b"?")]
        answers += [(201, {}, b'{"status":"not_required","id":"1","why":"","expires_at":"2026-01-01T00:00:00Z"}')]
        for answer in answers:
            with Between(lambda *_: answer) as between, self.assertRaises((Refused, BadAnswer)):
                ask(Twinlock(between.url, "k", when_unreachable="allow"), "ada")

    def test_a_success_is_believed_only_if_it_is_an_approval(self) -> None:
        for text in [b"{}", b"[]", b"null", b"", b'{"id":"id","status":"pending","result":null}', b'{"id":"id","status":"approved"}']:
            with Between(lambda *_: (200, {"Content-Type": "application/json"}, text)) as between:
                with self.assertRaises(BadAnswer):
                    Twinlock(between.url, "k").verify("id", "000000", user="ada")


if __name__ == "__main__":
    unittest.main()
