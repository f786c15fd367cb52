# Was Menschen per Push, SMS, E-Mail und Telefon erfahren. Eine SMS hat Platz für 160 Zeichen des GSM-Alphabets; ein Test
# misst jede mit Beispielen. Ein Satz zum Sagen wird am Telefon vorgelesen.

# Eine Fachkraft wird gefragt.
offer-title = Neues Ticket { $number }
offer-push = { $title }, { $place }. Beginn { $when }. Antwort bis { $until }.
offer-sms = Neu: { $title }, { $place }, { $when }. JA oder NEIN bis { $until }, auch in der App: { $link }

# Mehrere Tickets einer Adresse werden zusammen angeboten.
offers-title = { $n } neue Tickets an einer Adresse
offers-push = { $title } und mehr, { $place }. Beginn { $when }. Antwort bis { $until }.
offers-sms = { $n } Tickets an einer Adresse: { $place }, { $when }. JA oder NEIN zu allen bis { $until }: { $link }

# Ein Angebot wurde zurückgenommen, bevor es eine Antwort gab.
withdrawn-title = { $number } wird nicht mehr angeboten
withdrawn-push = { $title }, { $place }. Sie müssen nichts tun.

# Ein angenommener Besuch ist weg.
lost-title = Bitte nicht zu { $number } fahren
lost-push = { $title }, { $place }. Dieser Besuch gehört nicht mehr Ihnen.
lost-sms = Bitte nicht zu { $number } fahren: { $title }, { $place }. Der Besuch ist nicht mehr Ihrer. Was ansteht, zeigt die App.

# Zeit, loszufahren.
reminder-title = Zeit, zu { $number } aufzubrechen
reminder-push = { $title }, { $place }. Sie werden { $when } erwartet.
reminder-sms = Bitte aufbrechen zu { $number }: { $title }, { $place }, erwartet { $when }. { $link }

# Jemand anderes meldet, dass der Besuch erledigt ist.
stopped-title = Halt: { $number } ist vielleicht erledigt
stopped-push = { $title }, { $place }. Jemand anderes meldet es als erledigt. Bitte warten Sie auf Nachricht vom Büro.
stopped-sms = Halt: { $number } ({ $title }, { $place }) ist vielleicht schon erledigt. Bitte warten Sie auf das Büro.

# Der Besuch findet doch statt.
go-on-title = Weiter mit { $number }
go-on-push = { $title }, { $place }. Der Besuch gehört Ihnen und findet statt. Sie werden { $when } erwartet.
go-on-sms = Bitte weiter mit { $number }: { $title }, { $place }. Sie werden { $when } erwartet.

# Ein Besuch, den kein Telefon erhalten hat.
unheard-title = { $number } gehört Ihnen: bitte App öffnen
unheard-push = { $title }, { $place }. Sie werden { $when } erwartet. Ihr Telefon hat es noch nicht erhalten.
unheard-sms = Ihr Besuch: { $title }, { $place }, { $when }. Bitte in der App öffnen: { $link }

# Wer kommt und wann.
accepted-subject = { $expert } kommt am { $when } ({ $number })
accepted-mail = Guten Tag { $name },

    { $expert } besucht Sie wegen „{ $title }“.
    Voraussichtliche Ankunft: { $when }.

    Wenn sich etwas ändert, sagen wir Ihnen Bescheid. Ihr Ticket { $number } können Sie hier verfolgen:
    { $link }

    Penultimate Electronics
accepted-sms = { $expert } kommt am { $when } zu Ticket { $number }: { $link }
accepted-call = Bitte { $name } unter { $phone } anrufen und sagen: „{ $expert } besucht Sie wegen { $title }. Die Ankunft ist voraussichtlich { $when }. Ihre Ticketnummer ist { $number }.“

# Dasselbe, wenn sofort jemand losfährt.
coming-subject = { $expert } ist unterwegs, Ankunft etwa { $when } ({ $number })
coming-mail = Guten Tag { $name },

    { $expert } hat Ihr Ticket „{ $title }“ angenommen und fährt jetzt los.
    Voraussichtliche Ankunft: { $when }.

    Ihr Ticket { $number } können Sie hier verfolgen:
    { $link }

    Penultimate Electronics
coming-sms = { $expert } ist unterwegs, Ankunft { $when }. { $number }: { $link }
coming-call = Bitte { $name } unter { $phone } anrufen und sagen: „{ $expert } hat Ihr Ticket wegen { $title } angenommen und ist unterwegs. Die Ankunft ist voraussichtlich { $when }. Ihre Ticketnummer ist { $number }.“

# Jemand ist losgefahren.
departed-subject = { $expert } ist unterwegs ({ $number })
departed-mail = Guten Tag { $name },

    { $expert } ist wegen „{ $title }“ auf dem Weg zu Ihnen.
    Voraussichtliche Ankunft: { $when }.

    Ihr Ticket { $number } können Sie hier verfolgen:
    { $link }

    Penultimate Electronics
departed-sms = { $expert } ist losgefahren, Ankunft { $when }. { $number }: { $link }
departed-call = Bitte { $name } unter { $phone } anrufen und sagen: „{ $expert } ist losgefahren und wegen { $title } auf dem Weg zu Ihnen. Die Ankunft ist voraussichtlich { $when }.“

# Ein zugesagter Besuch muss verschoben werden.
moved-subject = Ihr Besuch muss verschoben werden ({ $number })
moved-mail = Guten Tag { $name },

    es tut uns leid: Der Besuch wegen „{ $title }“ am { $was } muss verschoben werden.
    Wir suchen eine andere Fachkraft und melden uns bis { $when }.

    Ihr Ticket { $number } können Sie hier verfolgen:
    { $link }

    Penultimate Electronics
moved-sms = Ihr Termin am { $was } fällt leider aus. Neues bis { $until }. { $number }: { $link }
moved-call = Bitte { $name } unter { $phone } anrufen und sagen: „Es tut uns leid. Der Besuch wegen { $title } am { $was } muss verschoben werden. Wir suchen eine andere Fachkraft und melden uns bis { $when }.“

# Dieselbe Fachkraft kommt später.
later-subject = Ihr Besuch kommt später ({ $number })
later-mail = Guten Tag { $name },

    es tut uns leid: { $expert } verspätet sich mit dem Besuch wegen „{ $title }“.
    Voraussichtliche Ankunft jetzt: { $when }.

    Ihr Ticket { $number } können Sie hier verfolgen:
    { $link }

    Penultimate Electronics
later-sms = { $expert } kommt leider später: { $when }. { $number }: { $link }
later-call = Bitte { $name } unter { $phone } anrufen und sagen: „Es tut uns leid. { $expert } verspätet sich mit dem Besuch wegen { $title }. Die Ankunft ist jetzt voraussichtlich { $when }.“

# Ein zugesagter Besuch entfällt, weil eine andere Zeit gewünscht wurde.
another-time-subject = Ihr Besuch am { $was } entfällt wie gewünscht ({ $number })
another-time-mail = Guten Tag { $name },

    wie gewünscht entfällt der Besuch wegen „{ $title }“ am { $was }.
    Wir fragen eine Fachkraft für die Zeit, die Sie gewählt haben, und melden uns bis { $when }.

    Ihr Ticket { $number } können Sie hier verfolgen und dort auch neu wählen:
    { $link }

    Penultimate Electronics
another-time-sms = Wie gewünscht kein Besuch am { $was }. Neues bis { $until }. { $number }: { $link }
another-time-call = Bitte { $name } unter { $phone } anrufen und sagen: „Wie gewünscht entfällt der Besuch wegen { $title } am { $was }. Wir fragen eine Fachkraft für die Zeit, die Sie gewählt haben, und melden uns bis { $when }.“

# Das Büro hat das Ticket abgesagt.
called-off-subject = Ihr Ticket { $number } wurde abgesagt
called-off-mail = Guten Tag { $name },

    unser Büro hat Ihr Ticket { $number }, „{ $title }“, abgesagt. Es kommt niemand.
    Wenn Sie das nicht wollten, rufen Sie uns an oder senden Sie es noch einmal. Das hatten Sie geschrieben:
    { $link }

    Penultimate Electronics
called-off-sms = Unser Büro hat Ticket { $number } abgesagt. Es kommt niemand. { $link }
called-off-call = Bitte { $name } unter { $phone } anrufen und sagen: „Unser Büro hat Ihr Ticket { $number } zu { $title } abgesagt, und es kommt niemand. Ist das für Sie richtig?“

# Der Besuch konnte nicht beendet werden.
part-subject = Für { $number } wird ein Teil gebraucht
part-mail = Guten Tag { $name },

    unsere Fachkraft konnte „{ $title }“ heute nicht abschließen: Es wird ein Teil gebraucht. Ab { $when } geht es weiter, und wir sagen Ihnen, wer kommt.
    Ihr Ticket { $number } können Sie hier verfolgen:
    { $link }

    Penultimate Electronics
part-sms = Für { $number } fehlt ein Teil. Weiter geht es ab { $when }: { $link }
part-call = Bitte { $name } unter { $phone } anrufen und sagen: „Unsere Fachkraft konnte { $title } heute nicht abschließen, weil ein Teil gebraucht wird. Ab { $when } geht es weiter, und wir sagen Ihnen, wer kommt. Ihre Ticketnummer ist { $number }.“
no-access-subject = Zu { $number } hat niemand geöffnet: Wann dürfen wir kommen?
no-access-mail = Guten Tag { $name },

    unsere Fachkraft war wegen „{ $title }“ (Ticket { $number }) an Ihrer Tür, und niemand hat geöffnet.
    Bitte wählen Sie bis { $when } auf dieser Seite eine Zeit; dieselbe Fachkraft wird zuerst gefragt:
    { $link }

    Wenn wir nichts von Ihnen hören, rufen wir Sie an.

    Penultimate Electronics
no-access-sms = Zu { $number } hat niemand geöffnet. Wann dürfen wir kommen? Bitte wählen: { $link }
no-access-call = Bitte { $name } unter { $phone } anrufen: Unsere Fachkraft war wegen { $title } (Ticket { $number }) dort, und niemand hat geöffnet. Fragen, wann wir kommen dürfen, und die Zeit auf der Seite des Tickets wählen.
wrong-address-subject = Wir haben Sie zu { $number } nicht gefunden
wrong-address-mail = Guten Tag { $name },

    unsere Fachkraft hat Sie wegen „{ $title }“ (Ticket { $number }) nicht gefunden: Die Adresse scheint nicht zu stimmen.
    Bitte berichtigen Sie sie bis { $when } auf dieser Seite; dieselbe Fachkraft wird zuerst gefragt:
    { $link }

    Wenn wir nichts von Ihnen hören, rufen wir Sie an.

    Penultimate Electronics
wrong-address-sms = Wir haben Sie zu { $number } nicht gefunden. Bitte berichtigen Sie die Adresse: { $link }
wrong-address-call = Bitte { $name } unter { $phone } anrufen: Unsere Fachkraft hat die Adresse zu { $title } (Ticket { $number }) nicht gefunden. Nach der richtigen fragen und sie auf der Seite des Tickets berichtigen.

# Niemand kommt: Es wurde nicht rechtzeitig ein Plan gekauft.
closed-subject = Wir haben Ihr Ticket { $number } geschlossen
closed-mail = Guten Tag { $name },

    für „{ $title }“ galt kein Plan, und es wurde nicht rechtzeitig einer gekauft. Wir haben Ihr Ticket { $number } geschlossen; berechnet wurde nichts.
    Wenn Sie uns noch brauchen, wählen Sie einen Plan und melden Sie es noch einmal. Was Sie geschrieben haben, steht auf dieser Seite:
    { $link }

    Penultimate Electronics
closed-sms = { $number } ist geschlossen: Kein Plan gilt dafür. Berechnet wurde nichts. Weiter: { $link }
closed-call = Bitte { $name } unter { $phone } anrufen und sagen: „Für { $title } galt kein Plan, und es wurde nicht rechtzeitig einer gekauft; deshalb haben wir Ihr Ticket { $number } geschlossen. Berechnet wurde nichts. Wenn Sie uns noch brauchen, helfe ich Ihnen, einen Plan zu wählen und es noch einmal zu melden.“

# Wie war es?
survey-subject = Funktioniert es? ({ $number })
survey-mail = Guten Tag { $name },

    unser Besuch wegen „{ $title }“ (Ticket { $number }) ist erledigt. Funktioniert es?
    Bitte sagen Sie es uns hier; es dauert keine Minute:
    { $link }

    Wenn es nicht funktioniert, sagen Sie es dort, und wir rufen Sie an.

    Penultimate Electronics
survey-sms = Unser Besuch zu { $number } ist beendet. Funktioniert es? Bitte antworten: { $link }
survey-again-subject = Eine Frage zu unserem Besuch ({ $number })
survey-again-mail = Guten Tag { $name },

    wir haben nicht gehört, wie es mit „{ $title }“ gegangen ist. Funktioniert es?
    Wir fragen nur dieses eine Mal noch:
    { $link }

    Penultimate Electronics
survey-again-sms = Funktioniert es seit unserem Besuch zu { $number }? Bitte antworten: { $link }

# Jemand hat geantwortet, dass es nicht funktioniert.
not-working-call = Bitte { $name } unter { $phone } anrufen: Nach unserem Besuch zu Ticket { $number } ({ $title }) war die Antwort auf „Funktioniert es?“ nein. Sagen, dass es uns leidtut, und ein neues Ticket anlegen.
not-working-call-comment = Bitte { $name } unter { $phone } anrufen: Nach unserem Besuch zu Ticket { $number } ({ $title }) war die Antwort auf „Funktioniert es?“ nein. Dazu der Satz: „{ $comment }“. Sagen, dass es uns leidtut, und ein neues Ticket anlegen.

# Verwaltung.
escalated-subject = Um { $number } hat sich noch niemand gekümmert
escalated-mail = Ticket { $number } („{ $title }“, { $place }) braucht seit { $when } einen Menschen, und niemand hat gehandelt.
    Grund: { $reason }
    Das ist Erinnerung Nummer { $n }.
    { $link }
danger-subject = Gefahr gemeldet zu { $number }
danger-mail = Ticket { $number } („{ $title }“, { $place }) zeigt ein Zeichen von Gefahr, gemeldet vom Kunden oder von der Fachkraft. Bitte sofort anrufen.
    { $link }

# Warum ein Ticket einen Menschen braucht.
reason-no-plan = Es wurde ohne gültigen Vertrag angelegt.
reason-no-candidate = Keine Fachkraft passt, oder keine wurde rechtzeitig gefunden.
reason-offers-exhausted = So viele Fachkräfte wie erlaubt wurden gefragt, und keine hat angenommen.
reason-not-delivered = Das Telefon der Fachkraft hat es nicht erhalten.
reason-not-departed = Die Fachkraft sollte losgefahren sein und ist es nicht.
reason-not-arrived = Die Fachkraft sollte angekommen sein und ist es nicht.
reason-over-estimate = Die Arbeit dauert viel länger als geschätzt.
reason-running-late = Ein früherer Besuch dauert länger, und dieser passt nicht mehr in den Tag.
reason-cannot-fix = Die Fachkraft konnte es nicht beheben.
reason-hold-ended = Worauf es gewartet hat, ist nicht rechtzeitig geschehen.
reason-done-by-other = Jemand, der das Ticket abgegeben hatte, meldet es als erledigt.
reason-danger = Ein Zeichen von Gefahr wurde gemeldet.

# Anmelden.
code-subject = Ihr Anmeldecode: { $code }
code-mail = Ihr Anmeldecode ist { $code }. Er gilt bis { $when }.
    Wenn Sie ihn nicht angefordert haben, können Sie diese Nachricht ignorieren. Sagen Sie den Code niemandem.
code-sms = { $code } ist Ihr Anmeldecode für Sysops Squad bis { $until }. Sagen Sie ihn niemandem.
# The same for an expert, who may not have the app yet.
code-app-sms = { $code } ist Ihr Anmeldecode für Sysops Squad bis { $until }. Sagen Sie ihn niemandem. Die App: { $link }
# Die E-Mail an Kunden: der Link, und der Code für alle, die lieber tippen.
sign-in-link-subject = Ihr Link zum Anmelden
sign-in-link-mail = Öffnen Sie diese Seite und drücken Sie den Knopf, um sich anzumelden. Das geht einmal, bis { $when }:
    { $link }
    Werden Sie nach einem Code gefragt? Ihrer ist { $code }.
    Wenn Sie nicht darum gebeten haben, können Sie diese Nachricht ignorieren. Geben Sie Link und Code niemandem.
reset-link-subject = Wählen Sie ein neues Passwort
reset-link-mail = Öffnen Sie diese Seite, um ein neues Passwort zu wählen. Das geht einmal, bis { $when }:
    { $link }
    Werden Sie nach einem Code gefragt? Ihrer ist { $code }.
    Wenn Sie nicht darum gebeten haben, können Sie diese Nachricht ignorieren und behalten Ihr Passwort. Geben Sie Link und Code niemandem.

# Das Konto.
confirm-subject = Bitte bestätigen Sie Ihre E-Mail-Adresse
confirm-mail = Guten Tag, { $name }. Ist { $email } Ihre Adresse? Öffnen Sie diese Seite und sagen Sie Ja, damit unsere Nachrichten Sie dort erreichen:
    { $link }
    Wer dieses Postfach liest, kann sich danach in dem Konto anmelden. Ist es nicht Ihres, oder haben Sie nicht darum gebeten, übergehen Sie diese Nachricht.
leaving-subject = Ihr Konto wird am { $when } gelöscht
leaving-mail = Guten Tag, { $name }. Wie gewünscht, löschen wir Ihr Konto und Ihre Daten am { $when }, oder sobald Ihre offenen Tickets beendet sind.
    Wenn Sie es behalten möchten oder nicht darum gebeten haben, melden Sie sich vorher an und wählen Sie „Keep my account“:
    { $link }
leaving-sms = Ihr Konto wird am { $when } gelöscht. Behalten: { $link }
leaving-call = Bitte rufen Sie { $name } unter { $phone } an und sagen Sie: Wie gewünscht, löschen wir Ihr Konto am { $when }. Wenn Sie es behalten möchten, sagen Sie es mir jetzt.
# Was wir auf eine SMS antworten.
reply-accepted-sms = { $number } gehört Ihnen. Sie werden { $when } erwartet. Alles Weitere steht in der App. Falls Sie doch nicht können, sagen Sie es dort.
reply-declined-sms = Danke. { $number } geht an jemand anderen.
reply-which-sms = Welches? Sie haben mehrere Angebote: { $numbers }. Bitte mit der Nummer antworten, etwa JA { $number } oder NEIN { $number }.
reply-nothing-sms = Für Sie ist gerade nichts offen: abgelaufen, zurückgenommen oder bei jemand anderem. Bitte in der App nachsehen.
reply-noted-sms = Danke. Ihre Nachricht steht auf Ticket { $number }. Im Notfall rufen Sie bitte an.
reply-read-sms = Danke. Jemand liest Ihre Nachricht und ruft Sie an. Im Notfall rufen Sie bitte an.
reply-started-sms = Sie erhalten wieder Nachrichten von uns. Mit STOP beenden Sie sie.
reply-call = Bitte lesen und { $phone } anrufen ({ $name }). Die SMS: „{ $text }“
reply-unknown = niemand, den wir kennen
reply-empty = (nichts)
reply-picture = (ein Bild; Bilder können wir per SMS nicht annehmen)

# Wer einem Kunden hilft.
helper-subject = Neues für { $customer }: Ticket { $number }
helper-mail = Guten Tag, { $name }. Es gibt Neues zu einem Ticket von { $customer } („{ $title }“). Wer kommt und wann, steht hier:
    { $link }
    Sie hören davon, weil { $customer } Sie als Helfer genannt hat.
helper-sms = Neues zum Ticket von { $customer }. Wer kommt und wann: { $link }
