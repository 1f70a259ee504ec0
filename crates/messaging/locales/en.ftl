# English, the language every other falls back to.
#
# One message per kind, named as on the wire. Its attributes:
#   .subject  the subject line        .heading  the first line of the mail
#   .intro    what happened           .advice   what to do if it was somebody else
#   .action   what the link is for    .button   the words on the button (only kinds that carry a link)
#   .sms      the text message (only kinds that carry a code); the line that lets phones fill the code in is added to it
# $app is the name of the service; it is configured by the operator. Text of strangers is never part of a sentence.

email_verification =
    .subject = Confirm your e-mail address for { $app }
    .heading = Confirm your e-mail address
    .intro = Somebody, we hope you, signed up for { $app } with this address.
    .action = If it was you, confirm that the address is yours, and your account is ready.
    .button = Confirm e-mail address
    .advice = If you did not sign up, ignore this message. Nobody can use the account until the link is opened, so leave it alone.

account_exists =
    .subject = You already have an account with { $app }
    .heading = You already have an account
    .intro = Somebody tried to sign up for { $app } with your address. There is an account with it already, so nothing was changed. If it was you, sign in with the password you have.
    .action = You can do so here.
    .button = Sign in
    .advice = You need to do nothing. Whoever tried learned neither that you have an account nor anything about it.

two_factor_enabled =
    .subject = Two-factor sign-in is on for { $app }
    .heading = Two-factor sign-in is on
    .intro = Your { $app } account now has a second lock. After your password you will be asked for a code. Keep your recovery codes in a safe place: they let you in when your phone is lost.
    .advice = Somebody may be in your account. Change your password now, and ask the people who run { $app } for help.

factor_added =
    .subject = A sign-in method was added to your { $app } account
    .heading = A sign-in method was added
    .intro = From now on it can be used to sign in to your { $app } account, after your password.
    .advice = Somebody may be in your account. Change your password now, and remove the method that is not yours.

factor_removed =
    .subject = A sign-in method was removed from your { $app } account
    .heading = A sign-in method was removed
    .intro = It can no longer be used to sign in to your { $app } account. You are signed out everywhere but where this was done.
    .advice = Somebody may be in your account. Change your password now, and check which sign-in methods are left.

two_factor_disabled =
    .subject = Two-factor sign-in is off for { $app }
    .heading = Two-factor sign-in is off
    .intro = Your { $app } account is now guarded by your password alone. All sign-in methods, recovery codes and remembered devices were removed.
    .advice = Somebody may be in your account. Change your password now, turn two-factor sign-in on again, and ask the people who run { $app } for help.

recovery_codes_made =
    .subject = New recovery codes for your { $app } account
    .heading = New recovery codes were made
    .intro = Your { $app } account has a new set of recovery codes. The old ones no longer work: throw them away, and keep the new ones in a safe place.
    .advice = Somebody may be in your account. Change your password now, and make new recovery codes; that ends the ones just made.

recovery_code_used =
    .subject = A recovery code was used for { $app }
    .heading = A recovery code was used
    .intro = Somebody proved to be you with a recovery code of your { $app } account. That code will not work again. { $remaining ->
        [0] It was your last one: make new codes soon.
        [one] You have one code left: make new codes soon.
       *[other] You have { $remaining } codes left.
    }
    .advice = Somebody knows your password and your recovery codes. Change your password and make new recovery codes now; that ends the old ones.

recovery_codes_low =
    .subject = You are running out of recovery codes for { $app }
    .heading = You are running out of recovery codes
    .intro = { $remaining ->
        [0] You have no recovery code left
        [one] You have one recovery code left
       *[other] You have { $remaining } recovery codes left
    } for your { $app } account. Make new ones while you can still sign in; they take the place of the old ones.
    .advice = If it was not you who used the others, somebody knows your password and your codes. Change your password and make new recovery codes now.

bypass_code_made =
    .subject = A one-time code was given out for your { $app } account
    .heading = A one-time code was given out
    .intro = The people who run { $app } gave out a code that stands in for your second step once, for somebody who said to be you and proved it to them. It works for a short while only, after your password.
    .advice = Somebody may be trying to get into your account. Change your password now, and tell the people who run { $app } at once: they can take the code back.

bypass_code_used =
    .subject = The one-time code of the help desk was used for { $app }
    .heading = The one-time code was used
    .intro = Somebody signed in to your { $app } account with the code that the help desk gave out. It will not work again. All remembered devices are asked for a code from now on.
    .advice = Somebody knows your password. Change it now, and ask the people who run { $app } for help.

account_locked =
    .subject = Too many wrong codes for your { $app } account
    .heading = Too many wrong codes
    .intro = So many wrong codes were entered for your { $app } account that no more are accepted for now. Your account and your settings are unchanged.
    .action = If it was you, you need not wait: this link allows one more sign-in, with three tries.
    .button = Unlock one sign-in
    .advice = Whoever tried may know your password. Change it as soon as you can sign in, and never give a code to anybody who asks for one.

wrong_codes =
    .subject = Wrong codes for your { $app } account
    .heading = Right password, wrong codes
    .intro = Somebody gave the right password for your { $app } account, then wrong codes. Those codes were refused. If it was you, check that the clock of your phone is set automatically, and wait for a fresh code.
    .advice = Whoever tried knows your password. Change it now, and never give a code to anybody who asks for one.

new_sign_in =
    .subject = New sign-in to your { $app } account
    .heading = A sign-in from a new device
    .intro = Somebody signed in to your { $app } account with a browser that was not used for it before. If it was you, there is nothing to do.
    .advice = Somebody has your password, and your code if one is asked for. Change your password now, then look at the sessions on your security page and end those you do not know.

trusted_device_added =
    .subject = A device is trusted by your { $app } account
    .heading = A device is trusted
    .intro = For a while, your { $app } account asks only for your password when you sign in from this device.
    .advice = Somebody may be in your account. Change your password now: that ends the trust in every device.

trusted_device_stolen =
    .subject = A trusted device of your { $app } account was copied
    .heading = A trusted device was copied
    .intro = Somebody gave the right password for your { $app } account and an old copy of what one of your trusted devices is known by. That device is no longer trusted, and a code was asked for.
    .advice = Somebody may know your password and have had access to your device. Change your password now, and have the device checked.

trust_revoked =
    .subject = Trust in a device was ended for your { $app } account
    .heading = Trust in a device was ended
    .intro = A device of yours, or each of them, is no longer trusted. The next sign-in from it needs a code again.
    .advice = Somebody may be in your account. Change your password now.

password_reset =
    .subject = Set a new password for { $app }
    .heading = Set a new password
    .intro = Somebody, we hope you, forgot the password of your { $app } account. Nothing has been changed yet.
    .action = If it was you, choose a new password here. It ends every session; your second factor stays as it is.
    .button = Set a new password
    .advice = If you did not ask for it, ignore this message: your password stays as it is. Do not pass the link on.

password_changed =
    .subject = Your { $app } password was changed
    .heading = Your password was changed
    .intro = The password of your { $app } account is a new one. Other sessions were ended, and remembered browsers are forgotten.
    .advice = Somebody may be in your account. Ask for a link to set a new password now, and make sure that nobody else reads your mail.

sessions_ended =
    .subject = Signed out of { $app } everywhere else
    .heading = Signed out everywhere else
    .intro = All sessions of your { $app } account but the one that asked for it were ended. Remembered browsers are forgotten, so that a code is asked for again.
    .advice = Somebody may be in your account. Change your password now.

email_change =
    .subject = Confirm your new e-mail address for { $app }
    .heading = Confirm your new address
    .intro = Somebody, we hope you, wants to use this address for their { $app } account.
    .action = If it was you, confirm that the address is yours. Until then everything goes to the one you have.
    .button = Confirm new address
    .advice = If it was not you, ignore this message. Without the link nothing is changed.

email_change_requested =
    .subject = A new e-mail address was asked for in your { $app } account
    .heading = A new e-mail address was asked for
    .intro = Somebody who is signed in to your { $app } account wants to use another e-mail address for it. Nothing has been changed yet: a link in a message to the new address has to be opened first.
    .advice = Somebody is in your account. Change your password now: that ends their sessions, and the link with them.

email_changed =
    .subject = The e-mail address of your { $app } account was changed
    .heading = Your e-mail address was changed
    .intro = The e-mail address of your { $app } account is another one now: that is where you sign in with it, and where messages go, instead of to the one before.
    .advice = Somebody has taken your account over. Ask the people who run { $app } for help at once.

email_change_taken =
    .subject = Your address was asked for by another { $app } account
    .heading = Your address was asked for by another account
    .intro = Somebody who is signed in to another { $app } account wanted to use your address for it. The address is that of your account and stays with it, so nothing was changed. If it was you, you have two accounts: sign in to this one with your address.
    .action = You can do so here.
    .button = Sign in
    .advice = You need to do nothing. Whoever tried learned neither that you have an account nor anything about it.

backup_email =
    .subject = Confirm this backup address for { $app }
    .heading = Confirm this backup address
    .intro = Somebody, we hope you, wants copies of the security messages of their { $app } account to come to this address. They say what happened, when and from where. They hold no codes, and nobody can sign in with them.
    .action = If it was you, confirm that the address is yours. Until then nothing comes here.
    .button = Confirm backup address
    .advice = If it was not you, ignore this message. Without the link nothing is changed.

backup_email_changed =
    .subject = A backup address was set for your { $app } account
    .heading = A backup address was set
    .intro = From now on another address gets a copy of the security messages of your { $app } account. If there was a backup address before, the new one takes its place. Codes are never sent there.
    .advice = Somebody may be in your account, and reads along where you sign in from. Change your password now, and remove the address that is not yours.

backup_email_removed =
    .subject = The backup address of your { $app } account was removed
    .heading = The backup address was removed
    .intro = Copies of the security messages of your { $app } account go nowhere any more, but to its own address.
    .advice = Somebody may be in your account and does not want to be noticed. Change your password now, and set the backup address again.

account_disabled =
    .subject = Your { $app } account was disabled
    .heading = Your account was disabled
    .intro = An administrator disabled your { $app } account. You are signed out everywhere, and nobody can sign in to it.
    .advice = This was done by an administrator. If you do not know why, ask the people who run { $app }.

account_enabled =
    .subject = Your { $app } account was enabled again
    .heading = Your account was enabled again
    .intro = An administrator enabled your { $app } account again. You can sign in as before.
    .advice = This was done by an administrator. If you do not know why, ask the people who run { $app }.

account_unlocked =
    .subject = Your { $app } account was unlocked
    .heading = Your account was unlocked
    .intro = An administrator unlocked your { $app } account after too many wrong codes. Codes are accepted again.
    .advice = If you did not ask for it, somebody else may have. Change your password now, and tell the people who run { $app }.

two_factor_reset =
    .subject = Two-factor sign-in was reset for { $app }
    .heading = Two-factor sign-in was reset
    .intro = An administrator took all sign-in methods and recovery codes off your { $app } account. Until you set up a new method, your password alone signs in.
    .advice = If you did not ask for it, somebody may have done so in your name. Change your password now, and tell the people who run { $app }.

account_deleted =
    .subject = Your { $app } account was deleted
    .heading = Your account was deleted
    .intro = An administrator deleted your { $app } account. Nobody can sign in to it any more.
    .advice = This was done by an administrator. If you do not know why, ask the people who run { $app }.

started_over =
    .subject = Set up two-factor sign-in again for { $app }
    .heading = Set up two-factor sign-in again
    .intro = An administrator took all sign-in methods and recovery codes off your { $app } account. Your old password does not sign in any more either.
    .action = If you asked for it, choose a new password with this link. It works once. After you sign in, you set up a new sign-in method.
    .button = Choose a new password
    .advice = If you did not ask for it, somebody may have done so in your name. Do not pass the link on, and tell the people who run { $app }.

reset_requested =
    .subject = { $app }: a reset was asked for
    .heading = A reset of two-factor sign-in was asked for
    .intro = An administrator asked for all sign-in methods and recovery codes to be taken off your { $app } account. Nothing has changed yet.
    .action = If you do not want that, stop it with this link. It works once.
    .button = Stop it
    .advice = If you did not ask for it, somebody may have done so in your name. Signing in with your second step stops it, too. Tell the people who run { $app }.

signed_out_everywhere =
    .subject = Signed out of { $app } everywhere
    .heading = Signed out everywhere
    .intro = An administrator ended all sessions of your { $app } account. Remembered browsers are forgotten, so that a code is asked for again.
    .advice = If you did not ask for it, somebody may be in your account. Change your password now, and tell the people who run { $app }.

sms_limit_reached =
    .subject = { $app }: text messages are being stopped
    .heading = A limit of text messages is reached
    .intro = { $app } does not send text messages beyond this limit. Every other method goes on. The details tell the request that met the limit; “twinlock sms usage” tells what was sent, and where.
    .advice = Somebody may be having codes sent to numbers that earn money by them. Look at what was sent before you raise a limit.

login_code =
    .subject = Your { $app } sign-in code
    .heading = Your sign-in code
    .intro = Enter this code to finish signing in to { $app }:
    .advice = Whoever asked for this code knows your password. Give the code to nobody, and change your password now.
    .sms = { $code } is your { $app } sign-in code. Give it to nobody.

setup_code =
    .subject = Your { $app } set-up code
    .heading = Your set-up code
    .intro = Enter this code to let { $app } send sign-in codes here:
    .advice = Somebody typed your address, perhaps by mistake. Without the code nothing happens: give it to nobody.
    .sms = { $code } is your { $app } set-up code. Give it to nobody.

step_up_code =
    .subject = Your { $app } security code
    .heading = Your security code
    .intro = Enter this code to confirm a change of your { $app } account:
    .advice = Somebody is signed in to your account and wants to change it. Give the code to nobody, and change your password now.
    .sms = { $code } is your { $app } security code, for a change of your account. Give it to nobody.

## Around every message

advice-heading = If this was not you
details-heading = What we know about it
footer = { $app } sent this message by itself. Nobody from { $app } will ever ask you for a code or a password.
zone-note = UTC is Coordinated Universal Time.
link-expires = The link works once, until { $moment }.
code-expires = The code works once, until { $moment }.
code-label = Code: { $digits }
link-copy = If the button does not work, copy this link into your browser:

## Details

detail = { $name }: { $value }
detail-time = Time
detail-method = Method
detail-limit = Limit
detail-copy = Backup address of
detail-browser = Browser
detail-device = Trusted device
detail-ip = IP address
detail-locked = Locked until
browser-and-system = { $browser } on { $system }
unknown = not known
until-unlocked = you or an administrator unlocks it

moment = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }, { $time } UTC
