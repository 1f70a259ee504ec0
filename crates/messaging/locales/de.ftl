# Deutsch. What each name is for stands in en.ftl.

email_verification =
    .subject = Bestätigen Sie Ihre E-Mail-Adresse für { $app }
    .heading = Bestätigen Sie Ihre E-Mail-Adresse
    .intro = Jemand, hoffentlich Sie selbst, hat sich mit dieser Adresse bei { $app } registriert.
    .action = Wenn Sie das waren, bestätigen Sie, dass die Adresse Ihnen gehört. Danach ist Ihr Konto bereit.
    .button = E-Mail-Adresse bestätigen
    .advice = Wenn Sie sich nicht registriert haben, müssen Sie nichts tun. Das Konto kann erst benutzt werden, wenn der Link geöffnet wurde; öffnen Sie ihn also nicht.

account_exists =
    .subject = Sie haben schon ein Konto bei { $app }
    .heading = Sie haben schon ein Konto
    .intro = Jemand wollte sich mit Ihrer Adresse bei { $app } registrieren. Zu ihr gibt es schon ein Konto, deshalb wurde nichts geändert. Wenn Sie das waren, melden Sie sich mit Ihrem bisherigen Passwort an.
    .action = Hier können Sie sich anmelden.
    .button = Anmelden
    .advice = Sie müssen nichts tun. Wer es versucht hat, hat nicht erfahren, ob Sie ein Konto haben.

two_factor_enabled =
    .subject = Die Anmeldung in zwei Schritten ist bei { $app } eingeschaltet
    .heading = Anmeldung in zwei Schritten ist eingeschaltet
    .intro = Ihr Konto bei { $app } hat jetzt ein zweites Schloss. Nach dem Passwort werden Sie nach einem Code gefragt. Bewahren Sie Ihre Wiederherstellungscodes sicher auf: Mit ihnen kommen Sie hinein, wenn Ihr Telefon verloren ist.
    .advice = Vielleicht ist jemand in Ihrem Konto. Ändern Sie sofort Ihr Passwort und bitten Sie den Betreiber von { $app } um Hilfe.

factor_added =
    .subject = Neue Anmeldemethode für Ihr Konto bei { $app }
    .heading = Eine Anmeldemethode wurde hinzugefügt
    .intro = Ab jetzt kann sie nach dem Passwort für die Anmeldung bei { $app } verwendet werden.
    .advice = Vielleicht ist jemand in Ihrem Konto. Ändern Sie sofort Ihr Passwort und entfernen Sie die Methode, die nicht von Ihnen ist.

factor_removed =
    .subject = Anmeldemethode aus Ihrem Konto bei { $app } entfernt
    .heading = Eine Anmeldemethode wurde entfernt
    .intro = Sie kann nicht mehr für die Anmeldung bei { $app } verwendet werden. Sie sind überall abgemeldet, außer dort, wo das geschah.
    .advice = Vielleicht ist jemand in Ihrem Konto. Ändern Sie sofort Ihr Passwort und sehen Sie nach, welche Anmeldemethoden noch da sind.

two_factor_disabled =
    .subject = Die Anmeldung in zwei Schritten ist bei { $app } ausgeschaltet
    .heading = Anmeldung in zwei Schritten ist ausgeschaltet
    .intro = Ihr Konto bei { $app } ist jetzt nur noch durch Ihr Passwort geschützt. Alle Anmeldemethoden, Wiederherstellungscodes und gemerkten Geräte wurden entfernt.
    .advice = Vielleicht ist jemand in Ihrem Konto. Ändern Sie sofort Ihr Passwort, schalten Sie die Anmeldung in zwei Schritten wieder ein und bitten Sie den Betreiber von { $app } um Hilfe.

recovery_codes_made =
    .subject = Neue Wiederherstellungscodes für Ihr Konto bei { $app }
    .heading = Neue Wiederherstellungscodes wurden erstellt
    .intro = Ihr Konto bei { $app } hat einen neuen Satz Wiederherstellungscodes. Die alten gelten nicht mehr: Werfen Sie sie weg und bewahren Sie die neuen sicher auf.
    .advice = Vielleicht ist jemand in Ihrem Konto. Ändern Sie sofort Ihr Passwort und erstellen Sie selbst neue Wiederherstellungscodes; die eben erstellten gelten dann nicht mehr.

recovery_code_used =
    .subject = Ein Wiederherstellungscode wurde bei { $app } verwendet
    .heading = Ein Wiederherstellungscode wurde verwendet
    .intro = Jemand hat sich bei { $app } mit einem Ihrer Wiederherstellungscodes ausgewiesen. Dieser Code gilt nicht noch einmal. { $remaining ->
        [0] Es war Ihr letzter: Erstellen Sie bald neue.
        [one] Sie haben noch einen Code: Erstellen Sie bald neue.
       *[other] Sie haben noch { $remaining } Codes.
    }
    .advice = Jemand kennt Ihr Passwort und Ihre Wiederherstellungscodes. Ändern Sie sofort Ihr Passwort und erstellen Sie neue Wiederherstellungscodes; die alten gelten dann nicht mehr.

recovery_codes_low =
    .subject = Ihre Wiederherstellungscodes für { $app } gehen zu Ende
    .heading = Ihre Wiederherstellungscodes gehen zu Ende
    .intro = { $remaining ->
        [0] Sie haben keinen Wiederherstellungscode mehr
        [one] Sie haben nur noch einen Wiederherstellungscode
       *[other] Sie haben nur noch { $remaining } Wiederherstellungscodes
    } für Ihr Konto bei { $app }. Erstellen Sie neue, solange Sie sich noch anmelden können; sie treten an die Stelle der alten.
    .advice = Wenn nicht Sie die anderen verwendet haben, kennt jemand Ihr Passwort und Ihre Codes. Ändern Sie sofort Ihr Passwort und erstellen Sie neue Wiederherstellungscodes.

bypass_code_made =
    .subject = Ein Einmalcode für Ihr Konto bei { $app } wurde ausgegeben
    .heading = Ein Einmalcode wurde ausgegeben
    .intro = Die Betreiber von { $app } haben einen Code ausgegeben, der einmal Ihren zweiten Schritt ersetzt: für jemanden, der sich ihnen gegenüber als Sie ausgewiesen hat. Er gilt nur kurze Zeit und nur nach Ihrem Passwort.
    .advice = Vielleicht versucht jemand, in Ihr Konto zu gelangen. Ändern Sie jetzt Ihr Passwort und sagen Sie sofort den Betreibern von { $app } Bescheid: Sie können den Code zurücknehmen.

bypass_code_used =
    .subject = Der Einmalcode des Helpdesks für { $app } wurde benutzt
    .heading = Der Einmalcode wurde benutzt
    .intro = Jemand hat sich mit dem Code, den der Helpdesk ausgegeben hat, bei Ihrem Konto von { $app } angemeldet. Er gilt nicht noch einmal. Alle gemerkten Geräte werden ab jetzt nach einem Code gefragt.
    .advice = Jemand kennt Ihr Passwort. Ändern Sie es jetzt und bitten Sie die Betreiber von { $app } um Hilfe.

account_locked =
    .subject = Zu viele falsche Codes für Ihr Konto bei { $app }
    .heading = Zu viele falsche Codes
    .intro = Für Ihr Konto bei { $app } wurden so viele falsche Codes eingegeben, dass vorerst keine mehr angenommen werden. Ihr Konto und Ihre Einstellungen sind unverändert.
    .action = Wenn Sie das waren, müssen Sie nicht warten: Dieser Link erlaubt eine weitere Anmeldung mit drei Versuchen.
    .button = Eine Anmeldung freigeben
    .advice = Wer es versucht hat, kennt vielleicht Ihr Passwort. Ändern Sie es, sobald Sie sich anmelden können, und geben Sie nie jemandem einen Code, der danach fragt.

wrong_codes =
    .subject = Falsche Codes für Ihr Konto bei { $app }
    .heading = Richtiges Passwort, falsche Codes
    .intro = Jemand hat das richtige Passwort Ihres Kontos bei { $app } eingegeben und danach falsche Codes. Die Codes wurden abgelehnt. Wenn Sie das waren, prüfen Sie, ob die Uhr Ihres Telefons automatisch gestellt wird, und warten Sie auf einen frischen Code.
    .advice = Wer es versucht hat, kennt Ihr Passwort. Ändern Sie es sofort, und geben Sie nie jemandem einen Code, der danach fragt.

new_sign_in =
    .subject = Neue Anmeldung bei Ihrem Konto bei { $app }
    .heading = Eine Anmeldung von einem neuen Gerät
    .intro = Jemand hat sich bei Ihrem Konto bei { $app } mit einem Browser angemeldet, der dafür bisher nicht benutzt wurde. Wenn Sie das waren, ist nichts zu tun.
    .advice = Jemand hat Ihr Passwort und, wenn einer verlangt wird, auch Ihren Code. Ändern Sie sofort Ihr Passwort, sehen Sie dann auf Ihrer Sicherheitsseite die Sitzungen durch und beenden Sie die, die Sie nicht kennen.

trusted_device_added =
    .subject = Ihr Konto bei { $app } vertraut einem Gerät
    .heading = Einem Gerät wird vertraut
    .intro = Für eine Weile fragt { $app } auf diesem Gerät bei der Anmeldung nur nach Ihrem Passwort.
    .advice = Vielleicht ist jemand in Ihrem Konto. Ändern Sie sofort Ihr Passwort: Danach wird keinem Gerät mehr vertraut.

trusted_device_stolen =
    .subject = Ein vertrautes Gerät Ihres Kontos bei { $app } wurde kopiert
    .heading = Ein vertrautes Gerät wurde kopiert
    .intro = Jemand hat das richtige Passwort Ihres Kontos bei { $app } eingegeben und dazu eine alte Kopie dessen vorgezeigt, woran eines Ihrer vertrauten Geräte erkannt wird. Diesem Gerät wird nicht mehr vertraut, und es wurde nach einem Code gefragt.
    .advice = Vielleicht kennt jemand Ihr Passwort und hatte Zugang zu Ihrem Gerät. Ändern Sie sofort Ihr Passwort und lassen Sie das Gerät überprüfen.

trust_revoked =
    .subject = Einem Gerät wird bei { $app } nicht mehr vertraut
    .heading = Einem Gerät wird nicht mehr vertraut
    .intro = Einem Ihrer Geräte oder allen wird nicht mehr vertraut. Bei der nächsten Anmeldung dort werden Sie wieder nach einem Code gefragt.
    .advice = Vielleicht ist jemand in Ihrem Konto. Ändern Sie sofort Ihr Passwort.

password_reset =
    .subject = Neues Passwort für { $app } festlegen
    .heading = Legen Sie ein neues Passwort fest
    .intro = Jemand, hoffentlich Sie selbst, hat das Passwort Ihres Kontos bei { $app } vergessen. Noch wurde nichts geändert.
    .action = Wenn Sie das waren, wählen Sie hier ein neues Passwort. Es beendet alle Sitzungen; Ihr zweiter Faktor bleibt, wie er ist.
    .button = Neues Passwort festlegen
    .advice = Wenn Sie nicht darum gebeten haben, müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist. Geben Sie den Link nicht weiter.

password_changed =
    .subject = Ihr Passwort bei { $app } wurde geändert
    .heading = Ihr Passwort wurde geändert
    .intro = Ihr Konto bei { $app } hat ein neues Passwort. Andere Sitzungen wurden beendet, und gemerkte Browser sind vergessen.
    .advice = Vielleicht ist jemand in Ihrem Konto. Fordern Sie sofort einen Link für ein neues Passwort an und sorgen Sie dafür, dass niemand sonst Ihre E-Mails liest.

sessions_ended =
    .subject = Überall sonst bei { $app } abgemeldet
    .heading = Überall sonst abgemeldet
    .intro = Alle Sitzungen Ihres Kontos bei { $app } wurden beendet, außer derjenigen, die darum gebeten hat. Gemerkte Browser sind vergessen, sodass wieder nach einem Code gefragt wird.
    .advice = Vielleicht ist jemand in Ihrem Konto. Ändern Sie sofort Ihr Passwort.

email_change =
    .subject = Bestätigen Sie Ihre neue E-Mail-Adresse für { $app }
    .heading = Bestätigen Sie Ihre neue E-Mail-Adresse
    .intro = Jemand, hoffentlich Sie selbst, möchte diese Adresse für sein Konto bei { $app } verwenden.
    .action = Wenn Sie das waren, bestätigen Sie, dass die Adresse Ihnen gehört. Bis dahin geht alles an Ihre bisherige.
    .button = Neue Adresse bestätigen
    .advice = Wenn Sie es nicht waren, müssen Sie nichts tun. Ohne den Link wird nichts geändert.

email_change_requested =
    .subject = Neue E-Mail-Adresse für Ihr Konto bei { $app } beantragt
    .heading = Eine neue E-Mail-Adresse wurde beantragt
    .intro = Jemand, der in Ihrem Konto bei { $app } angemeldet ist, möchte dafür eine andere E-Mail-Adresse verwenden. Noch wurde nichts geändert: Zuerst muss ein Link in einer Nachricht an die neue Adresse geöffnet werden.
    .advice = Jemand ist in Ihrem Konto. Ändern Sie sofort Ihr Passwort: Das beendet die Sitzungen dieser Person und macht auch den Link ungültig.

email_changed =
    .subject = Die E-Mail-Adresse Ihres Kontos bei { $app } wurde geändert
    .heading = Ihre E-Mail-Adresse wurde geändert
    .intro = Die E-Mail-Adresse Ihres Kontos bei { $app } ist jetzt eine andere: Mit ihr melden Sie sich an, und dorthin gehen die Nachrichten, statt an die bisherige.
    .advice = Jemand hat Ihr Konto übernommen. Bitten Sie sofort den Betreiber von { $app } um Hilfe.

email_change_taken =
    .subject = Ihre Adresse wurde für ein anderes Konto bei { $app } gewünscht
    .heading = Ihre Adresse wurde für ein anderes Konto gewünscht
    .intro = Jemand, der in einem anderen Konto bei { $app } angemeldet ist, wollte dafür Ihre Adresse verwenden. Sie gehört zu Ihrem Konto und bleibt bei ihm, deshalb wurde nichts geändert. Wenn Sie das waren, haben Sie zwei Konten: Melden Sie sich in diesem mit Ihrer Adresse an.
    .action = Hier können Sie sich anmelden.
    .button = Anmelden
    .advice = Sie müssen nichts tun. Wer es versucht hat, hat nicht erfahren, ob Sie ein Konto haben.

backup_email =
    .subject = Bestätigen Sie diese Zweitadresse für { $app }
    .heading = Bestätigen Sie diese Zweitadresse
    .intro = Jemand, hoffentlich Sie selbst, möchte Kopien der Sicherheitsnachrichten seines Kontos bei { $app } an diese Adresse bekommen. Darin steht, was wann und von wo geschah. Codes stehen nicht darin, und niemand kann sich damit anmelden.
    .action = Wenn Sie das waren, bestätigen Sie, dass die Adresse Ihnen gehört. Bis dahin kommt hier nichts an.
    .button = Zweitadresse bestätigen
    .advice = Wenn Sie es nicht waren, müssen Sie nichts tun. Ohne den Link wird nichts geändert.

backup_email_changed =
    .subject = Zweitadresse für Ihr Konto bei { $app } eingerichtet
    .heading = Eine Zweitadresse wurde eingerichtet
    .intro = Von jetzt an bekommt eine weitere Adresse Kopien der Sicherheitsnachrichten Ihres Kontos bei { $app }. Gab es schon eine Zweitadresse, tritt die neue an ihre Stelle. Codes werden nie dorthin gesendet.
    .advice = Vielleicht ist jemand in Ihrem Konto und liest mit, von wo Sie sich anmelden. Ändern Sie sofort Ihr Passwort und entfernen Sie die Adresse, die nicht von Ihnen ist.

backup_email_removed =
    .subject = Zweitadresse Ihres Kontos bei { $app } entfernt
    .heading = Die Zweitadresse wurde entfernt
    .intro = Kopien der Sicherheitsnachrichten Ihres Kontos bei { $app } gehen nirgendwo mehr hin, nur noch an seine eigene Adresse.
    .advice = Vielleicht ist jemand in Ihrem Konto und möchte nicht bemerkt werden. Ändern Sie sofort Ihr Passwort und richten Sie die Zweitadresse wieder ein.

account_disabled =
    .subject = Ihr Konto bei { $app } wurde gesperrt
    .heading = Ihr Konto wurde gesperrt
    .intro = Die Verwaltung hat Ihr Konto bei { $app } gesperrt. Sie sind überall abgemeldet, und niemand kann sich damit anmelden.
    .advice = Das war die Verwaltung. Wenn Sie den Grund nicht kennen, fragen Sie den Betreiber von { $app }.

account_enabled =
    .subject = Ihr Konto bei { $app } ist wieder freigegeben
    .heading = Ihr Konto ist wieder freigegeben
    .intro = Die Verwaltung hat Ihr Konto bei { $app } wieder freigegeben. Sie können sich wie zuvor anmelden.
    .advice = Das war die Verwaltung. Wenn Sie den Grund nicht kennen, fragen Sie den Betreiber von { $app }.

account_unlocked =
    .subject = Ihr Konto bei { $app } nimmt wieder Codes an
    .heading = Codes werden wieder angenommen
    .intro = Nach zu vielen falschen Codes hat die Verwaltung die Sperre Ihres Kontos bei { $app } aufgehoben. Codes werden wieder angenommen.
    .advice = Wenn Sie nicht darum gebeten haben, war es vielleicht jemand anders. Ändern Sie sofort Ihr Passwort und sagen Sie es dem Betreiber von { $app }.

two_factor_reset =
    .subject = Die Anmeldung in zwei Schritten wurde bei { $app } zurückgesetzt
    .heading = Anmeldung in zwei Schritten zurückgesetzt
    .intro = Die Verwaltung hat alle Anmeldemethoden und Wiederherstellungscodes von Ihrem Konto bei { $app } entfernt. Bis Sie eine neue Methode einrichten, genügt zur Anmeldung Ihr Passwort.
    .advice = Wenn Sie nicht darum gebeten haben, hat es vielleicht jemand in Ihrem Namen getan. Ändern Sie sofort Ihr Passwort und sagen Sie es dem Betreiber von { $app }.

account_deleted =
    .subject = Ihr Konto bei { $app } wurde gelöscht
    .heading = Ihr Konto wurde gelöscht
    .intro = Die Verwaltung hat Ihr Konto bei { $app } gelöscht. Niemand kann sich mehr damit anmelden.
    .advice = Das war die Verwaltung. Wenn Sie den Grund nicht kennen, fragen Sie den Betreiber von { $app }.

started_over =
    .subject = Richten Sie die Anmeldung in zwei Schritten bei { $app } neu ein
    .heading = Anmeldung in zwei Schritten neu einrichten
    .intro = Die Verwaltung hat alle Anmeldemethoden und Wiederherstellungscodes von Ihrem Konto bei { $app } entfernt. Auch mit Ihrem bisherigen Passwort können Sie sich nicht mehr anmelden.
    .action = Wenn Sie darum gebeten haben, wählen Sie mit diesem Link ein neues Passwort. Er gilt einmal. Nach der Anmeldung richten Sie eine neue Anmeldemethode ein.
    .button = Neues Passwort wählen
    .advice = Wenn Sie nicht darum gebeten haben, hat es vielleicht jemand in Ihrem Namen getan. Geben Sie den Link nicht weiter und sagen Sie es dem Betreiber von { $app }.

reset_requested =
    .subject = { $app }: Zurücksetzen beantragt
    .heading = Ein Zurücksetzen ist beantragt
    .intro = Die Verwaltung hat beantragt, alle Anmeldemethoden und Wiederherstellungscodes von Ihrem Konto bei { $app } zu entfernen. Noch hat sich nichts geändert.
    .action = Wenn Sie das nicht wollen, halten Sie es mit diesem Link auf. Er gilt einmal.
    .button = Aufhalten
    .advice = Wenn Sie nicht darum gebeten haben, hat es vielleicht jemand in Ihrem Namen getan. Auch eine Anmeldung mit Ihrem zweiten Schritt hält es auf. Sagen Sie es dem Betreiber von { $app }.

signed_out_everywhere =
    .subject = Überall bei { $app } abgemeldet
    .heading = Überall abgemeldet
    .intro = Die Verwaltung hat alle Sitzungen Ihres Kontos bei { $app } beendet. Gemerkte Browser sind vergessen, sodass wieder nach einem Code gefragt wird.
    .advice = Wenn Sie nicht darum gebeten haben, ist vielleicht jemand in Ihrem Konto. Ändern Sie sofort Ihr Passwort und sagen Sie es dem Betreiber von { $app }.

sms_limit_reached =
    .subject = { $app }: SMS werden nicht mehr gesendet
    .heading = Eine Grenze für SMS ist erreicht
    .intro = Über diese Grenze hinaus sendet { $app } keine SMS. Alle anderen Methoden gehen weiter. Die Angaben unten gehören zu der Anfrage, die an die Grenze stieß; „twinlock sms usage“ zeigt, was wohin gesendet wurde.
    .advice = Vielleicht lässt sich jemand Codes an Nummern senden, die damit Geld verdienen. Sehen Sie nach, was gesendet wurde, bevor Sie eine Grenze anheben.

login_code =
    .subject = Ihr Anmeldecode für { $app }
    .heading = Ihr Anmeldecode
    .intro = Geben Sie diesen Code ein, um sich bei { $app } anzumelden:
    .advice = Wer diesen Code angefordert hat, kennt Ihr Passwort. Geben Sie den Code niemandem und ändern Sie sofort Ihr Passwort.
    .sms = { $code } ist Ihr Anmeldecode für { $app }. Geben Sie ihn niemandem.

setup_code =
    .subject = Ihr Einrichtungscode für { $app }
    .heading = Ihr Einrichtungscode
    .intro = Geben Sie diesen Code ein, damit { $app } Anmeldecodes hierher senden kann:
    .advice = Jemand hat Ihre Adresse eingegeben, vielleicht aus Versehen. Ohne den Code geschieht nichts: Geben Sie ihn niemandem.
    .sms = { $code } ist Ihr Einrichtungscode für { $app }. Geben Sie ihn niemandem.

step_up_code =
    .subject = Ihr Sicherheitscode für { $app }
    .heading = Ihr Sicherheitscode
    .intro = Geben Sie diesen Code ein, um eine Änderung an Ihrem Konto bei { $app } zu bestätigen:
    .advice = Jemand ist in Ihrem Konto angemeldet und möchte es ändern. Geben Sie den Code niemandem und ändern Sie sofort Ihr Passwort.
    .sms = { $code } ist Ihr Sicherheitscode für eine Änderung an Ihrem Konto bei { $app }. Geben Sie ihn niemandem.

## Around every message

advice-heading = Wenn Sie das nicht waren
details-heading = Was wir darüber wissen
footer = { $app } hat diese Nachricht automatisch gesendet. Niemand von { $app } wird Sie je nach einem Code oder einem Passwort fragen.
zone-note = UTC ist die koordinierte Weltzeit.
link-expires = Der Link gilt einmal, bis { $moment }.
code-expires = Der Code gilt einmal, bis { $moment }.
code-label = Code: { $digits }
link-copy = Wenn die Schaltfläche nicht funktioniert, kopieren Sie diesen Link in Ihren Browser:

## Details

detail = { $name }: { $value }
detail-time = Zeit
detail-method = Methode
detail-copy = Zweitadresse von
detail-limit = Grenze
detail-browser = Browser
detail-device = Vertrautes Gerät
detail-ip = IP-Adresse
detail-locked = Gesperrt bis
browser-and-system = { $browser } unter { $system }
unknown = nicht bekannt
until-unlocked = Sie oder die Verwaltung die Sperre aufheben

moment = { $day }. { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
} { $year }, { $time } Uhr UTC
