# Die Worte der Seiten auf Deutsch. What each name is for stands in en.ftl.

skip = Zum Inhalt
language-label = Sprache
language-button = Ändern
reveal-show = Zeigen
reveal-hide = Verbergen
offline = Sie sind offline. Nichts ist verloren: Versuchen Sie es wieder, wenn die Verbindung zurück ist.
sign-out = Abmelden
back-to-security = Zurück zur Sicherheit
back-to-choice = Anderen Weg wählen
copied = Kopiert
back-to-sign-in = Zurück zur Anmeldung
wait-seconds = { $n ->
    [one] { $n } Sekunde
   *[other] { $n } Sekunden
}
wait-minutes = { $n ->
    [one] { $n } Minute
   *[other] { $n } Minuten
}
wait-hours = { $n ->
    [one] { $n } Stunde
   *[other] { $n } Stunden
}

field-email = E‑Mail-Adresse
field-password = Passwort
field-new-password = Neues Passwort
field-new-password-hint = Mindestens 8 Zeichen. Einige Wörter hintereinander sind leicht zu merken und schwer zu erraten.
field-code = Code
field-recovery-code = Wiederherstellungscode
field-current-password = Bisheriges Passwort
field-new-email = Neue E‑Mail-Adresse
field-phone = Mobilnummer
field-phone-hint = Mit Pluszeichen und Landesvorwahl.
field-name = Name
field-label = Name (freiwillig)
field-label-hint = Damit Sie es unterscheiden können, zum Beispiel „Mein Telefon“.
field-link = Link aus der E‑Mail
field-link-hint = Kopieren Sie den ganzen Link und fügen Sie ihn hier ein.

sign-in-title = Anmelden
sign-in-button = Anmelden
sign-in-forgot = Passwort vergessen?
sign-in-new = Konto anlegen

code-title = Geben Sie Ihren Code ein
code-recovery-title = Wiederherstellungscode verwenden
code-recovery-lead = Geben Sie einen der Codes ein, die Sie beim Einschalten der Anmeldung in zwei Schritten gesichert haben. Jeder gilt einmal.
code-totp-lead = Öffnen Sie Ihre Authenticator-App und geben Sie die sechs Ziffern ein, die sie zeigt.
code-totp-named-lead = Öffnen Sie Ihre Authenticator-App und geben Sie die sechs Ziffern ein, die sie für { $label } zeigt.
code-sms-lead = Eine SMS mit einem Code ist unterwegs an
code-sms-unsent = Wir können eine SMS mit einem Code schicken an
code-sms-hint = Es kann eine Minute dauern.
code-email-lead = Eine E‑Mail mit einem Code ist unterwegs an
code-email-unsent = Wir können eine E‑Mail mit einem Code schicken an
code-email-hint = Es kann eine Minute dauern. Sehen Sie auch im Spam-Ordner nach.
code-undelivered-lead = Der Code konnte nicht geschickt werden. Nehmen Sie unten einen anderen Weg oder versuchen Sie es später.
code-stage-queued = Sie ist unterwegs.
code-stage-delayed = Es dauert länger als sonst. Wir versuchen es weiter.
code-stage-accepted-sms = Dem Mobilfunknetz übergeben.
code-stage-accepted-email = Dem Mailserver übergeben.
code-stage-delivered = Sie ist angekommen.
code-stage-failed = Der Code konnte nicht zugestellt werden an
code-delayed-hint = Sie müssen nicht warten: Nehmen Sie unten einen anderen Weg.
code-failed-hint = Nehmen Sie unten einen anderen Weg oder lassen Sie noch einen Code schicken.
code-look-again = Noch einmal nachsehen
code-button = Weiter
code-send = Code schicken
code-resend = Noch einen Code schicken
code-resend-wait = Noch ein Code in { $time }
code-remember = Dieses Gerät { $days } Tage merken
code-remember-hint = Hier wird dann nicht nach einem Code gefragt. Nur auf einem Gerät, das Sie allein benutzen.
code-others = Andere Wege
code-others-now = Diese Wege gehen jetzt
code-use-totp = Authenticator-App verwenden
code-use-totp-named = Authenticator-App verwenden ({ $label })
code-use-sms = SMS schicken an
code-use-email = E‑Mail schicken an
code-use-recovery = Wiederherstellungscode verwenden
code-start-over = Als jemand anderes anmelden

hosted-confirm = { $name } bittet um Ihre Bestätigung
hosted-cancel = Abbrechen und zurück zu { $name }
hosted-back = Zurück zu { $name }
hosted-approved-title = Fertig
hosted-approved-lead = Sie haben gezeigt, dass Sie es sind. Weiter geht es bei { $name }.
hosted-go-on = Weiter zu { $name }
hosted-over-title = Dieser Schritt ist vorbei
hosted-over-lead = Es hat zu lange gedauert, oder er wurde schon beendet oder aufgegeben. Gehen Sie zurück zu { $name } und versuchen Sie es noch einmal.
hosted-gone-title = Diese Seite lässt sich hier nicht öffnen
hosted-gone-lead = Sie gehört zu einem anderen Browser, oder ihre Zeit ist um. Gehen Sie dorthin zurück, wo Sie sich anmelden wollten, und versuchen Sie es noch einmal.
hosted-enroll-title = Ein zweiter Schritt ist nötig
hosted-enroll-lead = { $name } verlangt einen zweiten Schritt bei der Anmeldung, und Sie haben noch keinen.

locked-title = Die Anmeldung ruht
locked-lead = Das schützt Ihr Konto vor jemandem, der Codes ausprobiert. Wenn Sie das nicht waren, ändern Sie Ihr Passwort, sobald Sie angemeldet sind.

sign-up-title = Konto anlegen
sign-up-button = Konto anlegen
sign-up-known = Ich habe schon ein Konto
sign-up-sent = Wir haben Ihnen einen Link geschickt. Öffnen Sie ihn, um zu bestätigen, dass die Adresse Ihnen gehört.
sign-up-again-title = Neuer Link
sign-up-again-lead = Wenn Ihr Konto noch auf die Bestätigung wartet, schicken wir den Link noch einmal.
sign-up-again-button = Link noch einmal schicken
sign-up-again-link = Link noch einmal schicken
sent-title = Sehen Sie in Ihre Mail
sent-hint = Es kann eine Minute dauern. Sehen Sie auch im Spam-Ordner nach.

verify-title = Adresse bestätigen
verify-lead = Ein Schritt fehlt noch: Bestätigen Sie, dass die E‑Mail-Adresse Ihnen gehört.
verify-button = Adresse bestätigen

forgot-title = Passwort vergessen?
forgot-lead = Nennen Sie uns Ihre Adresse, dann schicken wir Ihnen einen Link für ein neues Passwort.
forgot-button = Link schicken
forgot-sent = Wenn es zu dieser Adresse ein Konto gibt, ist ein Link für ein neues Passwort unterwegs.
forgot-again-link = Neuen Link schicken
reset-title = Neues Passwort wählen
reset-lead = Sie werden überall abgemeldet. Ist die Anmeldung in zwei Schritten eingeschaltet, werden Sie weiterhin nach einem Code gefragt.
reset-button = Passwort speichern

unlock-title = Konto entsperren
unlock-lead = Sie bekommen einen weiteren Versuch zur Anmeldung. Er gilt 15 Minuten.
unlock-button = Entsperren

change-email-title = Neue Adresse bestätigen
change-email-lead = Danach melden Sie sich mit dieser Adresse an.
change-email-button = Adresse bestätigen

backup-email-title = Ersatzadresse bestätigen
backup-email-lead = Danach bekommt diese Adresse eine Kopie jedes Sicherheitshinweises. Anmelden kann man sich mit ihr nicht.
backup-email-button = Adresse bestätigen

security-title = Sicherheit
glance-on = Anmeldung in zwei Schritten ist eingeschaltet
glance-on-lead = Nach dem Passwort werden Sie nach einem Code gefragt. Ein gestohlenes Passwort reicht nicht aus.
glance-off = Anmeldung in zwei Schritten ist ausgeschaltet
glance-off-lead = Nur Ihr Passwort schützt dieses Konto. Mit einem zweiten Schritt reicht ein gestohlenes Passwort nicht aus.
glance-not-offered = Der Betreiber dieses Dienstes hat sie für alle ausgeschaltet. Was Sie eingerichtet haben, bleibt erhalten.
factors-title = Wege zu einem Code
factor-preferred = Zuerst gefragt
method-totp = Authenticator-App
method-sms = SMS
method-email = E‑Mail
added = Seit
last-used = Zuletzt benutzt
recovery-title = Wiederherstellungscodes
recovery-left = { $n ->
    [0] Sie haben keine Wiederherstellungscodes.
    [one] Ein Wiederherstellungscode ist übrig.
   *[other] { $n } Wiederherstellungscodes sind übrig.
}
devices-title = Gemerkte Geräte
devices-lead = Sie werden nicht nach einem Code gefragt.
this-device = Dieses Gerät
trusted-until = Bis
sessions-title = Wo Sie angemeldet sind
this-session = Hier

events-title = Letzte Ereignisse
events-lead = Waren Sie etwas davon nicht selbst?
event-signed-in = Angemeldet
event-code-verified = Mit einem Code angemeldet
event-code-verified-failed = Falscher Code bei der Anmeldung
event-password-checked-failed = Falsches Passwort bei der Anmeldung
event-stepped-up-failed = Falscher Code oder falsches Passwort bei einer Änderung
event-recovery-code-used = Ein Wiederherstellungscode wurde benutzt
event-account-locked = Nach zu vielen falschen Codes gesperrt
event-account-unlocked = Entsperrt
event-factor-added = Ein Weg zu einem Code kam hinzu
event-factor-removed = Ein Weg zu einem Code wurde entfernt
event-two-factor-enabled = Anmeldung in zwei Schritten eingeschaltet
event-two-factor-disabled = Anmeldung in zwei Schritten ausgeschaltet
event-two-factor-reset = Anmeldung in zwei Schritten von der Verwaltung zurückgesetzt
event-recovery-codes-made = Neue Wiederherstellungscodes erzeugt
event-recovery-codes-downloaded = Wiederherstellungscodes als Datei gesichert
event-trusted-device-added = Ein Gerät wurde gemerkt
event-trusted-device-revoked = Ein Gerät wurde vergessen
event-trusted-device-stolen = Die Kopie eines gemerkten Geräts fiel auf
event-password-changed = Passwort geändert
event-password-reset = Passwort per E‑Mail zurückgesetzt
event-email-change-requested = Neue E‑Mail-Adresse beantragt
event-email-changed = E‑Mail-Adresse geändert
event-backup-email-requested = Ersatzadresse beantragt
event-backup-email-changed = Ersatzadresse geändert
event-backup-email-removed = Ersatzadresse entfernt
event-session-ended = Eine Sitzung wurde beendet
event-refresh-token-reused = Die Kopie einer Sitzung fiel auf
event-user-disabled = Konto von der Verwaltung abgeschaltet
event-user-enabled = Konto von der Verwaltung eingeschaltet
event-signup-requested = Ein Konto wurde beantragt
event-verification-resent = Der Link der Registrierung wurde erneut verlangt
event-email-verified = Die Adresse wurde bestätigt
event-user-created = Das Konto wurde angelegt
event-user-imported = Das Konto kam aus einem anderen System
event-password-checked = Das Passwort war richtig
event-challenge-started = Ein Code wurde verlangt
event-enrollment-started = Ein Weg zu einem Code wird eingerichtet
event-enrollment-confirmed = Ein Code zum Einrichten wurde eingegeben
event-preferred-factor-changed = Ein anderer Weg wird zuerst gefragt
event-factor-renamed = Ein Weg zu einem Code wurde umbenannt
event-stepped-up = Für eine Änderung erneut ausgewiesen
event-session-refreshed = Eine Sitzung ging weiter
event-signed-out = Abgemeldet
event-sessions-ended = Sitzungen wurden beendet
event-trust-revoked = Alle gemerkten Geräte wurden vergessen
event-trusted-device-recognized = Ein gemerktes Gerät wurde erkannt
event-trusted-device-rotated = Ein gemerktes Gerät bekam ein neues Geheimnis
event-password-reset-requested = Ein Link für ein neues Passwort wurde verlangt
event-user-deleted = Das Konto wurde gelöscht
event-code-sent = Ein Code sollte gesendet werden
event-delivery-expired = Eine Nachricht war zu alt zum Senden
event-message-dropped = Eine wartende Nachricht wurde verworfen
event-clock-skew = Die Uhr des Servers ging falsch
event-challenge-canceled = Die Anwendung gab das Warten auf einen Code auf
event-application-added = Eine Anwendung kam hinzu
event-api-key-added = Ein API-Schlüssel wurde erzeugt
event-api-key-revoked = Ein API-Schlüssel wurde widerrufen
event-database-acknowledged = Eine ältere Kopie der Datenbank wurde vom Betreiber in Betrieb genommen
event-webhook-added = Ein Webhook kam hinzu
event-webhook-removed = Ein Webhook wurde entfernt
event-application-changed = Einstellungen einer Anwendung wurden geändert
event-challenge-opened = Die Seite für den Code wurde geöffnet
event-result-redeemed = Die Anwendung holte das Ergebnis ab
event-role-granted = Eine Rolle in der Verwaltung wurde erteilt
event-role-revoked = Eine Rolle in der Verwaltung wurde entzogen
event-looked = Sah Personen in der Verwaltung an
turn-on = Einschalten
turn-off = Ausschalten
change = Ändern
change-named = { $name } ändern
forget = Vergessen
forget-named = { $name } vergessen
forget-all = Alle vergessen
end = Beenden
end-named = Sitzung von { $name } beenden
end-others = Überall sonst abmelden
devices-none = Keine. Jede Anmeldung fragt nach einem Code.
recovery-few = Erzeugen Sie bald neue.
recovery-make = Neue Codes erzeugen
account-title = Konto
security-locked = Jemand hat zu viele falsche Codes eingegeben. Codes werden wieder angenommen in { $wait }.

prove-title = Bestätigen Sie, dass Sie es sind
prove-then-forget = Danach wird das Gerät vergessen.
prove-then-forget-all = Danach werden alle Geräte vergessen.
prove-sent = Ein Code ist unterwegs an
prove-send-lead = Lassen Sie sich einen Code schicken und geben Sie ihn hier ein.
prove-recovery-hint = Ein Wiederherstellungscode geht auch.
prove-password-lead = Geben Sie vor dieser Änderung Ihr Passwort noch einmal ein.

add-title = Weg hinzufügen
add-first-title = Anmeldung in zwei Schritten einschalten
add-lead = Wie möchten Sie Ihre Codes bekommen?
add-none = Zurzeit kann nichts hinzugefügt werden. Fragen Sie den Betreiber dieses Dienstes.
safety-totp = Am sichersten
safety-sms = Weniger sicher
safety-email = Am wenigsten sicher
choice-totp = Eine App auf Ihrem Telefon zeigt die Codes, auch ohne Netz.
choice-sms = Wir schicken die Codes an Ihr Telefon.
choice-email = Wir schicken die Codes an eine E‑Mail-Adresse.
add-totp-title = Authenticator-App verwenden
add-totp-lead = Sie brauchen eine App, die Codes zeigt, etwa die in Ihrem Passwortmanager oder eine aus dem App-Store. Öffnen Sie sie, dann geht es weiter.
add-totp-button = Weiter
add-sms-title = Codes per SMS
add-sms-lead = Wir schicken an diese Nummer einen Code, jetzt und bei jeder Anmeldung.
add-sms-button = Code schicken
add-email-title = Codes per E‑Mail
add-email-lead = Wir schicken an diese Adresse einen Code, jetzt und bei jeder Anmeldung.
add-email-button = Code schicken
risk-sms = SMS können abgefangen und Telefonnummern übernommen werden.
risk-email = Wer Ihre E‑Mails liest, kann auch Ihr Passwort zurücksetzen. Das hier nützt also wenig.
risk-other = Eine App ist sicherer.
set-up-title = Code eingeben
set-up-scan-title = Bild einlesen
set-up-scan-lead = Lesen Sie es mit Ihrer Authenticator-App ein. Geben Sie dann die sechs Ziffern ein, die die App zeigt.
set-up-qr = QR-Code, der dieses Konto in Ihre Authenticator-App bringt. Derselbe Schlüssel steht darunter als Text.
set-up-cannot-scan = Sie können es nicht einlesen?
set-up-key-lead = Tippen Sie stattdessen diesen Schlüssel in Ihre App. Leerzeichen sind egal.
set-up-open-app = In einer App auf diesem Gerät öffnen
set-up-button = Bestätigen
copy-key = Schlüssel kopieren

recovery-make-title = Neue Wiederherstellungscodes
recovery-make-lead = Neue Codes ersetzen die alten, die dann nicht mehr gelten.
recovery-make-button = Neue Codes erzeugen
recovery-new-title = Sichern Sie Ihre Wiederherstellungscodes
recovery-new-lead = Wenn Ihr Telefon verloren geht, kommen Sie mit einem davon hinein. Jeder gilt einmal.
recovery-new-warning = Sie werden nur jetzt gezeigt. Bewahren Sie sie auf, wo niemand sonst sie findet, und nicht nur auf Ihrem Telefon.
recovery-saved = Ich habe sie gesichert
copy-codes = Kopieren
save-txt = Als Text sichern
save-pdf = Als PDF sichern
print = Drucken

remember-title = Dieses Gerät merken
remember-lead = { $days } Tage lang wird hier nicht nach einem Code gefragt. Nur auf einem Gerät, das Sie allein benutzen.
remember-button = Merken
remember-not-now = Jetzt nicht

factor-rename = Namen speichern
factor-prefer = Zuerst danach fragen
factor-remove-title = Entfernen
factor-remove-lead = Danach kann man sich damit nicht mehr anmelden. Überall sonst werden Sie abgemeldet.
factor-remove-last = Das ist Ihr einziger Weg zu einem Code.
factor-remove = Entfernen

password-title = Passwort ändern
password-lead = Hier bleiben Sie angemeldet, überall sonst werden Sie abgemeldet.
password-button = Passwort speichern
email-title = E‑Mail-Adresse ändern
email-lead = Ihre Adresse ist
email-hint = Wir schicken einen Link dorthin. Nichts ändert sich, bevor Sie ihn öffnen.
email-button = Link schicken

backup-title = Ersatzadresse
backup-lead = Eine Kopie jedes Sicherheitshinweises geht an eine zweite Adresse. So erfahren Sie davon, auch wenn jemand die erste übernimmt. Anmelden kann man sich mit ihr nicht.
backup-current = Kopien gehen an
backup-remove = Keine Kopien mehr schicken

off-title = Anmeldung in zwei Schritten ausschalten
off-lead = Dann schützt nur noch Ihr Passwort das Konto. Ihre Wege zu einem Code, Wiederherstellungscodes und gemerkten Geräte werden entfernt.

said-signed-out = Sie sind abgemeldet.
said-session-over = Ihre Sitzung ist zu Ende. Melden Sie sich wieder an.
said-verified = Ihre Adresse ist bestätigt. Sie können sich jetzt anmelden.
said-password-reset = Ihr neues Passwort ist gespeichert. Melden Sie sich damit an.
said-unlocked = Sie haben einen weiteren Versuch. Melden Sie sich mit Passwort und Code an.
said-email-changed = Ihre neue Adresse ist bestätigt. Melden Sie sich ab jetzt mit ihr an.
said-password-changed = Ihr Passwort ist geändert.
said-email-change-sent = Ein Link ist unterwegs an die neue Adresse. Öffnen Sie ihn, um die Änderung abzuschließen.
said-set-up-over = Diese Einrichtung ist abgelaufen. Bitte beginnen Sie neu.
said-added = Fertig: Ab jetzt können Sie es benutzen.
said-renamed = Der Name ist geändert.
said-preferred = Danach wird ab jetzt zuerst gefragt.
said-removed = Es ist entfernt.
said-off = Anmeldung in zwei Schritten ist ausgeschaltet.
said-codes-saved = Ihre Wiederherstellungscodes sind bereit. Bewahren Sie sie gut auf.
said-codes-gone = Diese Codes können nicht mehr gezeigt werden. Erzeugen Sie neue, wenn Sie sie nicht gesichert haben.
said-forgotten = Das Gerät ist vergessen. Seine nächste Anmeldung fragt nach einem Code.
said-all-forgotten = Alle Geräte sind vergessen. Die nächste Anmeldung fragt nach einem Code.
said-ended = Die Sitzung ist beendet.
said-others-ended = Sie sind überall sonst abgemeldet.
said-remembered = Dieses Gerät ist gemerkt.
said-notices-copied = Ihre Ersatzadresse ist bestätigt.
said-backup-email-sent = Wir haben einen Link an die Ersatzadresse geschickt. Öffnen Sie ihn, um fertig zu werden.
said-notices-ended = Kopien von Hinweisen gehen jetzt nirgendwohin.
said-challenge-over = Das hat zu lange gedauert. Melden Sie sich für einen neuen Code noch einmal an.
said-too-many = Zu viele falsche Codes. Bitte beginnen Sie neu.
said-start-again = Diese Anmeldung ist beendet. Bitte beginnen Sie neu.

trouble-title = Problem:
trouble-label-missing = Geben Sie zuerst einen Namen ein.
trouble-phone-malformed = Das ist keine Telefonnummer. Sie sieht so aus: +49 151 23456789.
trouble-phone-invalid = Diese Nummer gibt es nicht. Prüfen Sie Landesvorwahl und Ziffern.
trouble-phone-short-number = An Kurznummern können wir keine Codes schicken.
trouble-phone-premium-rate = An Nummern mit Zusatzkosten können wir keine Codes schicken.
trouble-phone-not-of-a-country = An Nummern dieser Art können wir keine Codes schicken.
trouble-phone-country-not-served = In dieses Land können wir keine SMS schicken. Nehmen Sie stattdessen eine Authenticator-App.
trouble-phone-personal-number = An Nummern dieser Art können wir keine Codes schicken.
trouble-phone-not-mobile = Das ist keine Mobilnummer. Wir schicken SMS nur an Mobiltelefone.
trouble-phone-shared-number = Diese Nummer nutzen schon so viele Konten, wie sich eine teilen dürfen. Nehmen Sie eine andere Nummer oder eine Authenticator-App.
trouble-attempts-left = { $n ->
    [0] Kein Versuch ist übrig.
    [one] Ein Versuch ist übrig.
   *[other] { $n } Versuche sind übrig.
}
trouble-credentials = E‑Mail-Adresse oder Passwort stimmt nicht.
trouble-unverified = Bestätigen Sie zuerst Ihre Adresse: Öffnen Sie den Link in der E‑Mail von uns.
trouble-email-malformed = Das ist keine E‑Mail-Adresse. Sie sieht so aus: name@example.com.
trouble-email-too-long = Diese Adresse ist zu lang.
trouble-email-not-ascii = Adressen mit anderen Buchstaben als a bis z können wir noch nicht annehmen.
trouble-email-same-address = Mit dieser Adresse melden Sie sich an. Nehmen Sie eine andere.
trouble-password-too-short = Das Passwort ist zu kurz: Es braucht mindestens 8 Zeichen.
trouble-password-too-long = Das Passwort ist zu lang: Es darf bis zu 1024 Zeichen haben.
trouble-password-too-common = Dieses Passwort benutzen zu viele, also ist es leicht zu erraten. Wählen Sie ein anderes.
trouble-code-missing = Geben Sie zuerst den Code ein.
trouble-code = Dieser Code stimmt nicht.
trouble-code-used = Dieser Code wurde schon benutzt. Warten Sie auf den nächsten.
trouble-recovery-used = Dieser Wiederherstellungscode wurde schon benutzt. Nehmen Sie einen anderen.
trouble-code-expired = Dieser Code ist zu alt. Nehmen Sie den neuesten oder lassen Sie sich einen neuen schicken.
trouble-clock-behind = Die Uhr Ihres Telefons geht nach: { $skew }. Stellen Sie die Zeit auf automatisch und nehmen Sie den nächsten Code.
trouble-clock-ahead = Die Uhr Ihres Telefons geht vor: { $skew }. Stellen Sie die Zeit auf automatisch und nehmen Sie den nächsten Code.
trouble-too-many = Es waren zu viele falsche Versuche. Versuchen Sie es wieder in { $wait }.
trouble-spent = Es waren zu viele falsche Codes. Bitte beginnen Sie neu.
trouble-locked = Es wurden zu viele falsche Codes eingegeben. Versuchen Sie es wieder in { $wait } oder öffnen Sie den Link in der E‑Mail von uns.
trouble-stopped = Es wurden zu viele falsche Codes eingegeben. Öffnen Sie den Link in der E‑Mail von uns, um Ihr Konto zu entsperren.
trouble-cooldown = Eben erst wurde ein Code geschickt. Den nächsten gibt es in { $wait }.
trouble-send-limit = Mehr Codes dürfen wir vorerst nicht schicken. Den nächsten gibt es in { $wait }, oder nehmen Sie einen anderen Weg.
trouble-undeliverable = Der Code kann gerade nicht geschickt werden. Nehmen Sie einen anderen Weg oder versuchen Sie es später.
trouble-link = Dieser Link gilt nicht mehr. Er wurde schon benutzt, oder seine Zeit ist um.
trouble-step-up = Bestätigen Sie zuerst, dass Sie es sind.
trouble-already = Für einen weiteren ist kein Platz, oder Sie haben diesen schon.
trouble-no-set-up = Diese Einrichtung ist abgelaufen. Beginnen Sie neu.
trouble-last = Das ist Ihr einziger Weg zu einem Code. Schalten Sie stattdessen die Anmeldung in zwei Schritten aus.
trouble-codes-gone = Die Codes können nicht mehr gezeigt werden. Erzeugen Sie neue.
trouble-off = Das ist hier abgeschaltet.
trouble-busy = Wir können gerade nicht antworten. Versuchen Sie es gleich noch einmal.

problem-missing-title = Hier ist nichts
problem-missing = Die Adresse ist falsch, oder was hier war, ist weg.
problem-foreign-title = Das kam von einer anderen Seite
problem-foreign = Zu Ihrer Sicherheit tun wir nur, was Sie auf unseren eigenen Seiten verlangen. Gehen Sie zurück und versuchen Sie es von hier aus.
problem-off-title = Nicht verfügbar
problem-busy-title = Einen Moment, bitte
problem-internal-title = Etwas ist schiefgegangen
problem-internal = Das liegt an uns, nicht an Ihnen, und nichts wurde geändert. Bitte versuchen Sie es noch einmal.
problem-request-title = Das hat nicht geklappt
problem-request = Das Formular war nicht lesbar. Gehen Sie zurück und versuchen Sie es noch einmal.
problem-reference = Wenn es so bleibt, nennen Sie dem Betreiber dieses Dienstes:
problem-home = Weiter

welcome-title = Willkommen
welcome-lead = Sie wurden zur Verwaltung eingeladen. Wählen Sie ein Passwort; danach richten Sie einen zweiten Schritt für die Anmeldung ein.
said-welcome = Ihr Passwort ist gespeichert. Melden Sie sich damit an und richten Sie dann einen zweiten Schritt ein.
problem-role-title = Nicht für Ihre Rolle
problem-role = Dafür braucht es eine andere Rolle. Fragen Sie jemanden, der sie hat.
admin-title = Verwaltung
admin-people-title = Personen
admin-role-viewer = Einsicht
admin-role-support = Support
admin-role-administrator = Administration
admin-search-label = Adresse oder Kennung
admin-search-hint = Der Anfang genügt. Wie eine Anwendung ihre Person nennt, beginnt mit id:
admin-looks-hint = Jeder Blick wird festgehalten.
admin-search-button = Suchen
admin-found-title = Gefunden
admin-found-none = Damit wird niemand gefunden.
admin-more = Mehr zeigen
admin-state-disabled = Abgeschaltet
admin-state-stopped = Nach falschen Codes angehalten
admin-state-locked = Gesperrt
admin-state-unguarded = Kein zweiter Schritt
admin-state-invited = Eingeladen, noch ohne Passwort
admin-state-guarded = Durch einen zweiten Schritt geschützt
admin-advice-disabled = Wer diesen Dienst betreibt, hat das Konto abgeschaltet. Niemand meldet sich damit an.
admin-advice-stopped = Zu viele falsche Codes in Folge. Das bleibt so, bis das Konto entsperrt wird. Fragen Sie die Person vorher, ob sie es war.
admin-advice-locked = Zu viele falsche Codes in einer Stunde. Danach öffnet es sich von selbst. Sehen Sie unten, woher sie kamen: War es die Person, geht meist eine Uhr falsch.
admin-advice-unguarded = Das Passwort allein genügt zur Anmeldung. Erinnern Sie die Person daran, einen zweiten Schritt einzurichten.
admin-advice-invited = Der Link der Einladung ist der einzige Zugang.
admin-advice-guarded = Passwort und zweiter Schritt führen hinein. Was zuletzt versucht wurde, steht unten.
admin-factor-title = Zuerst ein zweiter Schritt
admin-factor-lead = Die Verwaltung öffnet sich nur denen, die sich mit einer Authenticator-App oder einer SMS anmelden. Ein Code per E‑Mail zählt hier nicht.
admin-factor-button = Einrichten
admin-factor-again = Ist eingerichtet
admin-since = Seit
admin-wrong-codes = { $n ->
    [one] Ein falscher Code zählt zurzeit.
   *[other] { $n } falsche Codes zählen zurzeit.
}
admin-usable-title = Was sie jetzt benutzen kann
admin-no-factors = Es gibt keinen zweiten Schritt.
admin-backup = Kopien von Hinweisen gehen an
admin-story-title = Was geschah
admin-story-empty = Noch ist nichts geschehen.
admin-failed = Misslungen
admin-by = durch
admin-older = Was davor war
admin-newest = Zum Neuesten
admin-ids = Kennungen
admin-id-user = Konto
admin-id-person = Im Protokoll
delivery-queued = Eine Nachricht ging auf den Weg
delivery-tried = Ein Versuch, sie zu übergeben, misslang
delivery-put-off = Es wird wieder versucht
delivery-accepted = Sie wurde übergeben
delivery-sent = Sie ging ins Netz
delivery-delivered = Sie kam an
delivery-failed = Sie kam nicht an
admin-state-password-only = Kein zweiter Schritt
admin-advice-password-only = Das Passwort allein genügt zur Anmeldung. Erinnern Sie die Person daran, einen zweiten Schritt einzurichten.
admin-recovery-codes = { $n ->
    [one] Ein Wiederherstellungscode ist übrig.
   *[other] { $n } Wiederherstellungscodes sind übrig.
}
admin-sessions-title = Wo sie angemeldet ist
admin-locked-until = Gesperrt bis
admin-help-title = Was Sie tun können
admin-help-lead = Alles wird mit Ihrem Namen und Ihrem Grund festgehalten, und die Person erfährt davon.
admin-help-unlock = Sperre aufheben
admin-help-end-sessions = Überall abmelden
admin-help-forget-devices = Geräte vergessen
admin-help-start-over = Neu beginnen
admin-help-about-unlock = Eine Sperre oder ein Halt nach falschen Codes wird aufgehoben, und die Person hat wieder alle Versuche. War sie es nicht selbst, sind das ebenso viele Versuche für jemand anderen: Fragen Sie zuerst.
admin-help-about-end-sessions = Alle Sitzungen enden, und gemerkte Geräte werden wieder nach einem Code gefragt. Der zweite Schritt bleibt, wie er ist.
admin-help-about-forget-devices = Gemerkte Geräte werden wieder nach einem Code gefragt. Sitzungen bleiben offen.
admin-help-about-start-over = Entfernt jede Art, einen Code zu geben, die Wiederherstellungscodes, alle Sitzungen und gemerkten Geräte. Auch das alte Passwort gilt nicht mehr. An die Adresse der Person geht ein Link; er gilt einmal, eine Stunde lang, und führt zu einem neuen Passwort und einem neuen zweiten Schritt. Sie sehen weder Link noch Passwort. Vergewissern Sie sich, mit wem Sie sprechen.
admin-help-about-start-over-elsewhere = Entfernt jede Art, einen Code zu geben, die Wiederherstellungscodes, alle Sitzungen und gemerkten Geräte. Die Anwendung der Person meldet sie mit dem Passwort allein an, bis ein neuer zweiter Schritt eingerichtet ist. Vergewissern Sie sich, mit wem Sie sprechen.
admin-reason = Grund
admin-reason-hint = Eine Zeile für das Protokoll. Die Person sieht sie nicht.
trouble-reason-missing = Sagen Sie, warum.
admin-back = Zurück zur Person
said-helped-unlock = Die Sperre ist aufgehoben.
said-helped-end-sessions = Alle Sitzungen sind beendet.
said-helped-forget-devices = Geräte werden wieder nach einem Code gefragt.
said-helped-start-over = Der zweite Schritt ist entfernt.
said-nothing-to-do = Es gab nichts zu tun.
start-over-title = Richten Sie Ihre Anmeldung neu ein
start-over-lead = Wählen Sie ein neues Passwort. Nach der Anmeldung damit richten Sie einen neuen zweiten Schritt ein.
