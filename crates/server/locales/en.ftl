# The words of the pages in English, the language every other falls back to.
#
# Short sentences that say what happened and what to do. A test holds this file against the templates: no text is missing,
# and none is left over. Words that must not be broken at their hyphen are written with U+2011. { $wait } is a span of time made by the texts called wait-….

skip = Go to the content
language-label = Language
language-button = Change
reveal-show = Show
reveal-hide = Hide
offline = You are offline. Nothing was lost: try again when the connection is back.
sign-out = Sign out
back-to-security = Back to security
back-to-choice = Choose another way
copied = Copied
back-to-sign-in = Back to sign-in
wait-seconds = { $n ->
    [one] { $n } second
   *[other] { $n } seconds
}
wait-minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
wait-hours = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
}

field-email = E‑mail address
field-password = Password
field-new-password = New password
field-new-password-hint = At least 8 characters. A few words in a row are easy to remember and hard to guess.
field-code = Code
field-recovery-code = Recovery code
field-current-password = Current password
field-new-email = New e‑mail address
field-phone = Mobile number
field-phone-hint = With plus sign and country code.
field-name = Name
field-label = Name (optional)
field-label-hint = So that you can tell it from others, such as "My phone".
field-link = Link from the e‑mail
field-link-hint = Copy the whole link and paste it here.

sign-in-title = Sign in
sign-in-button = Sign in
sign-in-forgot = Forgot your password?
sign-in-new = Create an account

code-title = Enter your code
code-recovery-title = Use a recovery code
code-recovery-lead = Type one of the codes you saved when you turned two‑step sign-in on. Each works once.
code-totp-lead = Open your authenticator app and type the six digits it shows.
code-totp-named-lead = Open your authenticator app and type the six digits it shows for { $label }.
code-sms-lead = We sent a text message with a code to
code-sms-unsent = We can send a text message with a code to
code-sms-hint = It can take a minute to arrive.
code-email-lead = We sent an e‑mail with a code to
code-email-unsent = We can send an e‑mail with a code to
code-email-hint = It can take a minute to arrive. Look into the spam folder, too.
code-undelivered-lead = The code could not be sent. Use another way below, or try again later.
code-stage-queued = It is on its way.
code-stage-delayed = It takes longer than usual. We keep trying.
code-stage-accepted-sms = Handed over to the phone network.
code-stage-accepted-email = Handed over to the mail server.
code-stage-delivered = It has arrived.
code-stage-failed = The code could not be delivered to
code-delayed-hint = You need not wait: use another way below.
code-failed-hint = Use another way below, or have another code sent.
code-look-again = Look again
code-button = Continue
code-send = Send a code
code-resend = Send another code
code-resend-wait = Send another code in { $time }
code-remember = Remember this device for { $days } days
code-remember-hint = You will not be asked for a code here. Do this on a device that only you use.
code-others = Other ways
code-others-now = These ways work now
code-use-totp = Use your authenticator app
code-use-totp-named = Use your authenticator app ({ $label })
code-use-sms = Get a text message to
code-use-email = Get an e‑mail to
code-use-recovery = Use a recovery code
code-start-over = Sign in as somebody else

hosted-confirm = { $name } asks you to confirm
hosted-cancel = Cancel and go back to { $name }
hosted-back = Back to { $name }
hosted-approved-title = Done
hosted-approved-lead = You have shown that it is you. Go on to { $name }.
hosted-go-on = Continue to { $name }
hosted-over-title = This step is over
hosted-over-lead = It took too long, or it was finished or given up already. Go back to { $name } and try again.
hosted-gone-title = This page cannot be opened here
hosted-gone-lead = It belongs to another browser, or its time is over. Go back to where you wanted to sign in and try again.
hosted-enroll-title = A second step is needed
hosted-enroll-lead = { $name } asks for a second step at sign-in, and you have none yet.

locked-title = Sign-in is paused
locked-lead = This protects your account from somebody who tries out codes. If it was not you, change your password once you are signed in.

sign-up-title = Create an account
sign-up-button = Create account
sign-up-known = I have an account already
sign-up-sent = We sent you a link. Open it to confirm that the address is yours.
sign-up-again-title = Get another link
sign-up-again-lead = If your account waits to be confirmed, we send the link once more.
sign-up-again-button = Send the link again
sign-up-again-link = Send the link again
sent-title = Look into your mail
sent-hint = It can take a minute. Look into the spam folder, too.

verify-title = Confirm your address
verify-lead = One step is left: confirm that the e‑mail address is yours.
verify-button = Confirm the address

forgot-title = Forgot your password?
forgot-lead = Tell us your address, and we send you a link to choose a new password.
forgot-button = Send the link
forgot-sent = If there is an account with this address, a link to choose a new password is on its way.
forgot-again-link = Send another link
reset-title = Choose a new password
reset-lead = You will be signed out everywhere. If two‑step sign-in is on, you are still asked for a code.
reset-button = Save the password

unlock-title = Unlock your account
unlock-lead = You get one more try to sign in. It is open for 15 minutes.
unlock-button = Unlock

change-email-title = Confirm your new address
change-email-lead = From then on you sign in with this address.
change-email-button = Confirm the address

backup-email-title = Confirm your backup address
backup-email-lead = From then on this address gets a copy of every security notice. It cannot be used to sign in.
backup-email-button = Confirm the address

security-title = Security
glance-on = Two‑step sign-in is on
glance-on-lead = After your password you are asked for a code. A stolen password is not enough to get in.
glance-off = Two‑step sign-in is off
glance-off-lead = Only your password guards this account. With a second step, a stolen password is not enough to get in.
glance-not-offered = The people who run this service have switched it off for everyone. Whatever you have set up is kept.
factors-title = Ways to get a code
factor-preferred = Asked first
method-totp = Authenticator app
method-sms = Text message
method-email = E‑mail
added = Added
last-used = Last used
recovery-title = Recovery codes
recovery-left = { $n ->
    [0] You have no recovery codes.
    [one] One recovery code is left.
   *[other] { $n } recovery codes are left.
}
devices-title = Remembered devices
devices-lead = These are not asked for a code.
this-device = This device
trusted-until = Until
sessions-title = Where you are signed in
this-session = This one

events-title = Recent activity
events-lead = Was something of this not you?
event-signed-in = Signed in
event-code-verified = Signed in with a code
event-code-verified-failed = Wrong code at sign-in
event-password-checked-failed = Wrong password at sign-in
event-stepped-up-failed = Wrong code or password for a change
event-recovery-code-used = A recovery code was used
event-account-locked = Locked after too many wrong codes
event-account-unlocked = Unlocked
event-factor-added = A way to get a code was added
event-factor-removed = A way to get a code was removed
event-two-factor-enabled = Two‑step sign-in was turned on
event-two-factor-disabled = Two‑step sign-in was turned off
event-two-factor-reset = Two‑step sign-in was reset by an administrator
event-recovery-codes-made = New recovery codes were made
event-recovery-codes-downloaded = Recovery codes were saved as a file
event-trusted-device-added = A device was remembered
event-trusted-device-revoked = A device was forgotten
event-trusted-device-stolen = A copy of a remembered device was noticed
event-password-changed = The password was changed
event-password-reset = The password was reset by e‑mail
event-email-change-requested = A new e‑mail address was asked for
event-email-changed = The e‑mail address was changed
event-backup-email-requested = A backup address was asked for
event-backup-email-changed = The backup address was changed
event-backup-email-removed = The backup address was removed
event-session-ended = A session was ended
event-refresh-token-reused = A copy of a session was noticed
event-user-disabled = The account was switched off by an administrator
event-user-enabled = The account was switched on by an administrator
event-signup-requested = An account was asked for
event-verification-resent = The link of the sign-up was asked for again
event-email-verified = The address was confirmed
event-user-created = The account was made
event-user-imported = The account was brought from another system
event-password-checked = The password was right
event-challenge-started = A code was asked for
event-enrollment-started = A way to get a code is being set up
event-enrollment-confirmed = A code was given for a set-up
event-preferred-factor-changed = Another way is asked for first
event-factor-renamed = A way to get a code was renamed
event-stepped-up = Proved anew for a change
event-session-refreshed = A session went on
event-signed-out = Signed out
event-sessions-ended = Sessions were ended
event-trust-revoked = All remembered devices were forgotten
event-trusted-device-recognized = A remembered device was recognized
event-trusted-device-rotated = A remembered device got a new secret
event-password-reset-requested = A link for a new password was asked for
event-user-deleted = The account was deleted
event-code-sent = A code was to be sent
event-delivery-expired = A message was too old to be sent
event-message-dropped = A waiting message was dropped
event-clock-skew = The clock of the server was wrong
event-challenge-canceled = The application gave up waiting for a code
event-application-added = An application was added
event-api-key-added = An API key was made
event-api-key-revoked = An API key was revoked
event-database-acknowledged = An operator had an older copy of the database served
event-webhook-added = A webhook was added
event-webhook-removed = A webhook was removed
event-application-changed = Settings of an application were changed
event-challenge-opened = The page for the code was opened
event-result-redeemed = The application took the result
event-role-granted = A role in the administration was given
event-role-revoked = A role in the administration was taken away
event-looked = Looked at people in the administration
turn-on = Turn it on
turn-off = Turn it off
change = Change
change-named = Change { $name }
forget = Forget
forget-named = Forget { $name }
forget-all = Forget all of them
end = End
end-named = End the session of { $name }
end-others = Sign out everywhere else
devices-none = None. Every sign-in asks for a code.
recovery-few = Make new ones soon.
recovery-make = Make new codes
account-title = Account
security-locked = Somebody typed too many wrong codes. Codes are accepted again in { $wait }.

prove-title = Confirm that it is you
prove-then-forget = After that the device is forgotten.
prove-then-forget-all = After that all devices are forgotten.
prove-sent = We sent a code to
prove-send-lead = Have a code sent to you, and type it here.
prove-recovery-hint = A recovery code works, too.
prove-password-lead = Type your password again before you change this.

add-title = Add another way
add-first-title = Turn on two‑step sign-in
add-lead = How do you want to get your codes?
add-none = Nothing can be added right now. Ask the people who run this service.
safety-totp = Safest
safety-sms = Less safe
safety-email = Least safe
choice-totp = An app on your phone shows the codes. It works without a network.
choice-sms = We send the codes to your phone.
choice-email = We send the codes to an e‑mail address.
add-totp-title = Use an authenticator app
add-totp-lead = You need an app that shows codes, such as the one in your password manager or in your phone's app store. Open it, then go on.
add-totp-button = Go on
add-sms-title = Get codes by text message
add-sms-lead = We send a code to this number, now and at each sign-in.
add-sms-button = Send a code
add-email-title = Get codes by e‑mail
add-email-lead = We send a code to this address, now and at each sign-in.
add-email-button = Send a code
risk-sms = Text messages can be intercepted, and phone numbers taken over.
risk-email = Whoever reads your e‑mail can also reset your password, so this adds little.
risk-other = An app is safer.
set-up-title = Type the code
set-up-scan-title = Scan this picture
set-up-scan-lead = Scan it with your authenticator app. Then type the six digits that the app shows.
set-up-qr = QR code that adds this account to your authenticator app. The same key stands below as text.
set-up-cannot-scan = You cannot scan it?
set-up-key-lead = Type this key into your app instead. Spaces do not matter.
set-up-open-app = Open it in an app on this device
set-up-button = Confirm
copy-key = Copy the key

recovery-make-title = Make new recovery codes
recovery-make-lead = New codes replace the old ones, which stop working.
recovery-make-button = Make new codes
recovery-new-title = Save your recovery codes
recovery-new-lead = If you lose your phone, one of these lets you in. Each works once.
recovery-new-warning = They are shown only now. Keep them where nobody else finds them, and not only on your phone.
recovery-saved = I have saved them
copy-codes = Copy
save-txt = Save as text
save-pdf = Save as PDF
print = Print

remember-title = Remember this device
remember-lead = For { $days } days you will not be asked for a code here. Do this on a device that only you use.
remember-button = Remember it
remember-not-now = Not now

factor-rename = Save the name
factor-prefer = Ask for this first
factor-remove-title = Remove it
factor-remove-lead = It can no longer be used to sign in. You are signed out everywhere else.
factor-remove-last = This is your only way to get a code.
factor-remove = Remove

password-title = Change your password
password-lead = You stay signed in here, and are signed out everywhere else.
password-button = Save the password
email-title = Change your e‑mail address
email-lead = Your address is
email-hint = We send a link there. Nothing changes before you open it.
email-button = Send the link

backup-title = Backup address
backup-lead = A copy of every security notice goes to a second address, so that you hear of it even if somebody takes over the first. It cannot be used to sign in.
backup-current = Copies go to
backup-remove = Send no more copies

off-title = Turn two‑step sign-in off
off-lead = Only your password will guard your account. Your ways to get a code, recovery codes and remembered devices are removed.

said-signed-out = You are signed out.
said-session-over = Your session is over. Sign in again.
said-verified = Your address is confirmed. You can sign in now.
said-password-reset = Your new password is saved. Sign in with it.
said-unlocked = You have one more try. Sign in with your password and a code.
said-email-changed = Your new address is confirmed. Use it to sign in from now on.
said-password-changed = Your password is changed.
said-email-change-sent = We sent a link to the new address. Open it to finish the change.
said-set-up-over = That set-up is over. Please begin again.
said-added = Done: you can use it from now on.
said-renamed = The name is changed.
said-preferred = You will be asked for this first.
said-removed = It is removed.
said-off = Two‑step sign-in is off.
said-codes-saved = Your recovery codes are ready. Keep them safe.
said-codes-gone = These codes can no longer be shown. Make new ones if you have not saved them.
said-forgotten = The device is forgotten. Its next sign-in asks for a code.
said-all-forgotten = All devices are forgotten. The next sign-in asks for a code.
said-ended = The session is ended.
said-others-ended = You are signed out everywhere else.
said-remembered = This device is remembered.
said-notices-copied = Your backup address is confirmed.
said-backup-email-sent = We sent a link to the backup address. Open it to finish.
said-notices-ended = Copies of notices go nowhere now.
said-challenge-over = That took too long. Sign in again to get a new code.
said-too-many = Too many wrong codes. Please start again.
said-start-again = That sign-in is finished. Please start again.

trouble-title = Problem:
trouble-label-missing = Give it a name first.
trouble-phone-malformed = That is not a phone number. It looks like +44 7700 900123.
trouble-phone-invalid = There is no such number. Check the country code and the digits.
trouble-phone-short-number = We cannot send codes to short numbers.
trouble-phone-premium-rate = We cannot send codes to numbers that cost extra.
trouble-phone-not-of-a-country = We cannot send codes to numbers of this kind.
trouble-phone-country-not-served = We cannot send text messages to this country. Use an authenticator app instead.
trouble-phone-personal-number = We cannot send codes to numbers of this kind.
trouble-phone-not-mobile = This is not a mobile number. We send text messages to mobile phones only.
trouble-phone-shared-number = As many accounts as may share a number use this one already. Use another number or an authenticator app.
trouble-attempts-left = { $n ->
    [0] No try is left.
    [one] One try is left.
   *[other] { $n } tries are left.
}
trouble-credentials = E‑mail address or password is not right.
trouble-unverified = Confirm your address first: open the link in the e‑mail we sent you.
trouble-email-malformed = That is not an e‑mail address. It looks like name@example.com.
trouble-email-too-long = That address is too long.
trouble-email-not-ascii = We cannot take addresses with letters beyond a to z yet.
trouble-email-same-address = That is the address you sign in with. Take another one.
trouble-password-too-short = The password is too short: it needs at least 8 characters.
trouble-password-too-long = The password is too long: it may have up to 1024 characters.
trouble-password-too-common = Too many people use this password, so it is easy to guess. Choose another one.
trouble-code-missing = Type the code first.
trouble-code = That code is not right.
trouble-code-used = That code was used already. Wait for the next one.
trouble-recovery-used = That recovery code was used already. Take another one.
trouble-code-expired = That code is too old. Use the newest one, or get another.
trouble-clock-behind = Your phone's clock is { $skew } behind. Set its time to automatic and use the next code.
trouble-clock-ahead = Your phone's clock is { $skew } ahead. Set its time to automatic and use the next code.
trouble-too-many = There were too many wrong tries. Try again in { $wait }.
trouble-spent = There were too many wrong codes. Please start again.
trouble-locked = Too many wrong codes were typed. Try again in { $wait }, or open the link in the e‑mail we sent you.
trouble-stopped = Too many wrong codes were typed. Open the link in the e‑mail we sent you to unlock your account.
trouble-cooldown = A code was sent a moment ago. You can get another one in { $wait }.
trouble-send-limit = We have sent as many codes as we may for now. You can get another one in { $wait }, or use another way.
trouble-undeliverable = The code cannot be sent right now. Use another way, or try again later.
trouble-link = This link does not work any more. It was used already, or its time is over.
trouble-step-up = Prove that it is you first.
trouble-already = There is no room for another one, or you have this one already.
trouble-no-set-up = This set-up is over. Begin again.
trouble-last = This is your only way to get a code. Turn two‑step sign-in off instead.
trouble-codes-gone = The codes can no longer be shown. Make new ones.
trouble-off = This is switched off here.
trouble-busy = We cannot answer right now. Please try again in a moment.

problem-missing-title = There is nothing here
problem-missing = The address is wrong, or what was here is gone.
problem-foreign-title = That came from another site
problem-foreign = For your safety we do only what you ask for on our own pages. Go back, and try it from here.
problem-off-title = Not available
problem-busy-title = One moment, please
problem-internal-title = Something went wrong
problem-internal = It is our fault, not yours, and nothing was changed. Please try again.
problem-request-title = That did not work
problem-request = The form could not be read. Go back and try once more.
problem-reference = If it stays like this, tell the people who run this service:
problem-home = Go on

welcome-title = Welcome
welcome-lead = You were invited to the administration. Choose a password; after that you set up a second step for signing in.
said-welcome = Your password is saved. Sign in with it, then set up a second step.
problem-role-title = Not for your role
problem-role = This takes another role. Ask somebody who has it.
admin-title = Administration
admin-people-title = People
admin-role-viewer = Viewer
admin-role-support = Support
admin-role-administrator = Administrator
admin-search-label = Address or id
admin-search-hint = The beginning is enough. What an application calls its user begins with id:
admin-looks-hint = Each look is written down.
admin-search-button = Find
admin-found-title = Found
admin-found-none = Nobody is found by that.
admin-more = Show more
admin-state-disabled = Switched off
admin-state-stopped = Stopped after wrong codes
admin-state-locked = Locked
admin-state-unguarded = No second step
admin-state-invited = Invited, no password yet
admin-state-guarded = Guarded by a second step
admin-advice-disabled = Whoever runs this service switched the account off. Nobody signs in with it.
admin-advice-stopped = Too many wrong codes in a row. It stays so until the account is unlocked. Ask the person whether it was them before you unlock it.
admin-advice-locked = Too many wrong codes within an hour. It opens by itself then. Look below where they came from: if it was the person, a clock that is off is the most common reason.
admin-advice-unguarded = The password alone signs in. Remind the person to set up a second step.
admin-advice-invited = The link of the invitation is the only way in.
admin-advice-guarded = Password and a second step sign in. What was tried of late is told below.
admin-factor-title = First a second step
admin-factor-lead = The administration opens only to those who sign in with an authenticator app or a text message. A code by e‑mail does not count here.
admin-factor-button = Set one up
admin-factor-again = I have done so
admin-since = Since
admin-wrong-codes = { $n ->
    [one] One wrong code counts at the moment.
   *[other] { $n } wrong codes count at the moment.
}
admin-usable-title = What they can use now
admin-no-factors = There is no second step.
admin-backup = Copies of notices go to
admin-story-title = What happened
admin-story-empty = Nothing happened yet.
admin-failed = Did not work
admin-by = by
admin-older = What was before
admin-newest = Back to the newest
admin-ids = Ids
admin-id-user = User
admin-id-person = In the audit log
delivery-queued = A message was put on its way
delivery-tried = A try to hand it over failed
delivery-put-off = It will be tried again
delivery-accepted = It was handed over
delivery-sent = It went to the network
delivery-delivered = It arrived
delivery-failed = It did not arrive
admin-state-password-only = No second step
admin-advice-password-only = The password alone signs in. Remind the person to set up a second step.
admin-recovery-codes = { $n ->
    [one] One recovery code is left.
   *[other] { $n } recovery codes are left.
}
admin-sessions-title = Where they are signed in
admin-locked-until = Locked until
admin-help-title = What you can do
admin-help-lead = Each act is written down with your name and reason, and the person is told.
admin-help-unlock = Unlock
admin-help-end-sessions = Sign out everywhere
admin-help-forget-devices = Forget devices
admin-help-start-over = Start over
admin-help-about-unlock = A lock or stop after wrong codes is lifted, and the person has all their tries again. If it was not them, that is as many tries for somebody else: ask first.
admin-help-about-end-sessions = All sessions end, and remembered devices are asked for a code again. The second step stays as it is.
admin-help-about-forget-devices = Remembered devices are asked for a code again. Sessions stay open.
admin-help-about-start-over = Takes away every way of giving a code, the recovery codes, all sessions and remembered devices. The old password dies, too. A link goes to the person’s address; it works once, for an hour, and leads to a new password and a new second step. You see neither link nor password. Make sure whom you are talking to.
admin-help-about-start-over-elsewhere = Takes away every way of giving a code, the recovery codes, all sessions and remembered devices. Their application signs them in with the password alone until a new second step is set up. Make sure whom you are talking to.
admin-reason = Reason
admin-reason-hint = One line, for the audit log. The person does not see it.
trouble-reason-missing = Say why.
admin-back = Back to the person
said-helped-unlock = The lock is lifted.
said-helped-end-sessions = All sessions are ended.
said-helped-forget-devices = Devices are asked for a code again.
said-helped-start-over = The second step is taken away.
said-nothing-to-do = There was nothing to do.
start-over-title = Set up your sign-in again
start-over-lead = Choose a new password. After you sign in with it you set up a new second step.
