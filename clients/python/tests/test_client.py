"""Every call, against a running server."""

import unittest

from tests.support import RETURN_URL, SECRET, Browser, advance, ask, bank, code, new_user, sent_code, shop, token_of
from twinlock import Refused, WrongUser


class TwoCalls(unittest.TestCase):
    def setUp(self) -> None:
        self.shop, self.user = shop(), new_user()

    def enroll(self) -> tuple[str, ...]:
        return self.shop.add_factor(self.user, "totp", secret=SECRET).recovery_codes

    def refused(self, call, *arguments, **more) -> Refused:
        with self.assertRaises(Refused) as caught:
            call(*arguments, **more)
        return caught.exception

    def test_nothing_is_asked_of_somebody_without_a_factor(self) -> None:
        challenge = ask(self.shop, self.user, email="ada@example.com", name="Ada")
        self.assertEqual((challenge.status, challenge.why, challenge.url), ("not_required", "no_factor", None))
        self.assertEqual((challenge.result.user_id, challenge.result.acr), (self.user, "1"))

    def test_a_code_in_the_apps_own_form(self) -> None:
        self.assertEqual(len(self.enroll()), 10)
        challenge = ask(self.shop, self.user, text="Pay 5 €", reason="step_up")
        self.assertEqual((challenge.status, challenge.result, challenge.text), ("pending", None, "Pay 5 €"))
        self.assertEqual((challenge.methods[0].method, challenge.preferred), ("totp", "totp"))
        wrong = self.refused(self.shop.verify, challenge.id, "000 000", user=self.user)
        self.assertEqual((wrong.status, wrong.code, wrong.attempts_left), (422, "code_incorrect", 4))
        self.assertTrue(wrong.request_id)
        result = self.shop.verify(challenge.id, code(), user=self.user)
        self.assertEqual((result.user_id, result.method, result.acr), (self.user, "totp", "2"))
        self.assertEqual(result.amr, ("pwd", "otp", "mfa"))
        self.assertIsNone(result.device_token)
        again = self.refused(self.shop.verify, challenge.id, code(), user=self.user)
        self.assertEqual(again.code, "already_completed")
        self.assertEqual(self.shop.read_challenge(challenge.id).status, "approved")

    def test_a_right_code_of_somebody_else_is_refused(self) -> None:
        self.enroll()
        challenge = ask(self.shop, self.user)
        with self.assertRaises(WrongUser):
            self.shop.verify(challenge.id, code(), user="mallory")

    def test_the_hosted_page(self) -> None:
        codes = self.enroll()
        challenge = ask(self.shop, self.user, return_url=RETURN_URL, browser_binding="x" * 32)
        token = token_of(Browser().answer(challenge.url, codes[0]))
        self.assertEqual(self.refused(bank().redeem, token, user=self.user).code, "not_found")
        elsewhere = self.refused(self.shop.redeem, token, user=self.user, browser_binding="y" * 32)
        self.assertEqual(elsewhere.code, "not_found")
        result = self.shop.redeem(token, user=self.user, browser_binding="x" * 32)
        self.assertEqual((result.method, result.recovery_codes_remaining), ("recovery_code", 9))
        twice = self.refused(self.shop.redeem, token, user=self.user, browser_binding="x" * 32)
        self.assertEqual(twice.code, "already_completed")

        challenge = ask(self.shop, self.user, return_url=RETURN_URL)
        token = token_of(Browser().answer(challenge.url, codes[1]))
        with self.assertRaises(WrongUser):
            self.shop.redeem(token, user="mallory")

    def test_a_trusted_device(self) -> None:
        self.enroll()
        result = self.shop.verify(ask(self.shop, self.user).id, code(), user=self.user, trust_device=True)
        self.assertNotIn(result.device_token, repr(result))
        spared = ask(self.shop, self.user, device_token=result.device_token)
        self.assertEqual((spared.status, spared.result.method), ("not_required", "trusted_device"))
        device = spared.result.device_token
        self.assertTrue(device and device != result.device_token, "the token is exchanged with each use")
        listed = list(self.shop.devices(self.user))
        self.assertEqual((len(listed), listed[0].name), (1, "Firefox"))
        self.shop.end_trust(self.user, listed[0].id)
        self.assertEqual(list(self.shop.devices(self.user)), [])
        self.assertEqual(ask(self.shop, self.user, device_token=device).status, "pending")

        result = self.shop.verify(ask(self.shop, self.user).id, code(), user=self.user, trust_device=True)
        self.shop.event(self.user, "password_changed")
        self.assertEqual(ask(self.shop, self.user, device_token=result.device_token).status, "pending")
        self.shop.end_trust(self.user)

    def test_factors_come_and_go(self) -> None:
        added = self.shop.add_factor(self.user, "totp", label="Phone")
        self.assertEqual((added.status, added.qr_code_image[:22]), ("pending", "data:image/png;base64,"))
        self.assertNotIn(added.secret, repr(added))
        active = self.shop.activate_factor(self.user, added.id, code(added.secret))
        self.assertEqual((active.status, len(active.recovery_codes)), ("active", 10))
        second = self.shop.add_factor(self.user, "totp", secret=SECRET)
        self.assertEqual(self.shop.rename_factor(self.user, second.id, "Old phone").label, "Old phone")
        self.assertTrue(self.shop.prefer_factor(self.user, second.id).preferred)
        known = self.shop.user(self.user)
        self.assertEqual((known.id, [factor.label for factor in known.factors]), (self.user, ["Old phone", "Phone"]))
        self.shop.remove_factor(self.user, second.id)
        self.assertEqual(self.refused(self.shop.remove_factor, self.user, added.id).code, "last_factor")
        codes = self.shop.make_recovery_codes(self.user)
        self.assertEqual((len(codes), set(codes) & set(active.recovery_codes)), (10, set()))
        self.shop.reset(self.user, "lost the phone, seen in person")
        self.assertEqual(self.shop.user(self.user).factors, ())
        self.shop.event(self.user, "deleted")
        self.assertEqual(self.refused(self.shop.user, self.user).code, "not_found")

    def test_a_code_is_sent(self) -> None:
        address = f"ada{id(self)}@example.com"
        ask(self.shop, self.user, email=address)
        added = self.shop.add_factor(self.user, "email")
        self.assertEqual(added.destination, "a***@e***.com")
        self.assertEqual(self.refused(self.shop.add_factor, self.user, "email").code, "send_cooldown")
        self.shop.activate_factor(self.user, added.id, sent_code(address))
        advance(700)
        challenge = ask(self.shop, self.user)
        self.assertEqual((challenge.code_sent, challenge.preferred), (True, "email"))
        advance(61)
        sent = self.shop.send(challenge.id, method="email")
        self.assertEqual((sent.method, sent.delivery, sent.destination), ("email", "queued", "a***@e***.com"))
        self.assertEqual(self.shop.verify(challenge.id, sent_code(address), user=self.user).method, "email")
        other = ask(self.shop, self.user)
        self.shop.cancel(other.id)
        self.assertEqual(self.shop.read_challenge(other.id).status, "canceled")

    def test_a_locked_account_is_unlocked(self) -> None:
        self.enroll()
        for _ in range(2):
            challenge = ask(self.shop, self.user)
            for _ in range(5):
                self.assertEqual(self.refused(self.shop.verify, challenge.id, "000000", user=self.user).status, 422)
        locked = ask(self.shop, self.user)
        self.assertEqual((locked.status, locked.why, locked.result), ("locked", "wrong_codes", None))
        self.shop.unlock(self.user)
        self.assertEqual(ask(self.shop, self.user).status, "pending")

    def test_another_application_sees_nobody(self) -> None:
        self.enroll()
        challenge = ask(self.shop, self.user)
        self.assertEqual(self.refused(bank().user, self.user).code, "not_found")
        self.assertEqual(self.refused(bank().verify, challenge.id, code(), user=self.user).code, "not_found")

    def test_a_link_leads_to_the_security_page(self) -> None:
        self.enroll()
        link = self.shop.session_link(self.user, return_url=RETURN_URL)
        self.assertIn("/settings/open/", link)
        self.assertEqual(self.refused(bank().session_link, self.user, return_url=RETURN_URL).code, "invalid_request")

    def test_what_is_wrong_is_told(self) -> None:
        told = self.refused(ask, self.shop, self.user, return_url="https://elsewhere.example.com/")
        self.assertEqual((told.code, told.problem["errors"][0]["pointer"]), ("invalid_request", "/return_url"))


if __name__ == "__main__":
    unittest.main()
