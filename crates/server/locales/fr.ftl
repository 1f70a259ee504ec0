# Les mots des pages en français. What each name is for stands in en.ftl.

skip = Aller au contenu
language-label = Langue
language-button = Changer
reveal-show = Afficher
reveal-hide = Masquer
offline = Vous êtes hors ligne. Rien n’est perdu : réessayez quand la connexion sera revenue.
sign-out = Se déconnecter
back-to-security = Retour à la sécurité
back-to-choice = Choisir un autre moyen
copied = Copié
back-to-sign-in = Retour à la connexion
wait-seconds = { $n ->
    [one] { $n } seconde
   *[other] { $n } secondes
}
wait-minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
wait-hours = { $n ->
    [one] { $n } heure
   *[other] { $n } heures
}

field-email = Adresse e‑mail
field-password = Mot de passe
field-new-password = Nouveau mot de passe
field-new-password-hint = Au moins 8 caractères. Quelques mots à la suite se retiennent bien et se devinent mal.
field-code = Code
field-recovery-code = Code de récupération
field-current-password = Mot de passe actuel
field-new-email = Nouvelle adresse e‑mail
field-phone = Numéro de mobile
field-phone-hint = Avec le signe plus et l’indicatif du pays.
field-name = Nom
field-label = Nom (facultatif)
field-label-hint = Pour le distinguer des autres, par exemple « Mon téléphone ».
field-link = Lien reçu par e‑mail
field-link-hint = Copiez le lien entier et collez-le ici.

sign-in-title = Connexion
sign-in-button = Se connecter
sign-in-forgot = Mot de passe oublié ?
sign-in-new = Créer un compte

code-title = Saisissez votre code
code-recovery-title = Utiliser un code de récupération
code-recovery-lead = Saisissez l’un des codes que vous avez conservés en activant la connexion en deux étapes. Chacun ne sert qu’une fois.
code-totp-lead = Ouvrez votre application d’authentification et saisissez les six chiffres affichés.
code-totp-named-lead = Ouvrez votre application d’authentification et saisissez les six chiffres affichés pour { $label }.
code-sms-lead = Un SMS avec un code a été envoyé à
code-sms-unsent = Nous pouvons envoyer un SMS avec un code à
code-sms-hint = Il peut mettre une minute à arriver.
code-email-lead = Un e‑mail avec un code a été envoyé à
code-email-unsent = Nous pouvons envoyer un e‑mail avec un code à
code-email-hint = Il peut mettre une minute à arriver. Regardez aussi dans les indésirables.
code-undelivered-lead = Le code n’a pas pu être envoyé. Choisissez un autre moyen ci-dessous ou réessayez plus tard.
code-stage-queued = Il est en route.
code-stage-delayed = C’est plus long que d’habitude. Nous continuons d’essayer.
code-stage-accepted-sms = Remis au réseau téléphonique.
code-stage-accepted-email = Remis au serveur de messagerie.
code-stage-delivered = Il est arrivé.
code-stage-failed = Le code n’a pas pu être remis à
code-delayed-hint = Inutile d’attendre : utilisez un autre moyen ci-dessous.
code-failed-hint = Utilisez un autre moyen ci-dessous ou demandez un autre code.
code-look-again = Vérifier à nouveau
code-button = Continuer
code-send = Envoyer un code
code-resend = Envoyer un autre code
code-resend-wait = Autre code dans { $time }
code-remember = Mémoriser cet appareil { $days } jours
code-remember-hint = Aucun code ne vous sera demandé ici. Seulement sur un appareil que vous êtes seul à utiliser.
code-others = Autres moyens
code-others-now = Ces moyens fonctionnent maintenant
code-use-totp = Utiliser votre application d’authentification
code-use-totp-named = Utiliser votre application d’authentification ({ $label })
code-use-sms = Recevoir un SMS au
code-use-email = Recevoir un e‑mail à
code-use-recovery = Utiliser un code de récupération
code-start-over = Se connecter avec un autre compte

hosted-confirm = { $name } vous demande de confirmer
hosted-cancel = Annuler et revenir à { $name }
hosted-back = Revenir à { $name }
hosted-approved-title = C’est fait
hosted-approved-lead = Vous avez montré que c’est bien vous. Continuez vers { $name }.
hosted-go-on = Continuer vers { $name }
hosted-over-title = Cette étape est terminée
hosted-over-lead = Elle a duré trop longtemps, ou elle a déjà été achevée ou abandonnée. Revenez à { $name } et réessayez.
hosted-gone-title = Cette page ne peut pas s’ouvrir ici
hosted-gone-lead = Elle appartient à un autre navigateur, ou son délai est écoulé. Revenez là où vous vouliez vous connecter et réessayez.
hosted-enroll-title = Une deuxième étape est nécessaire
hosted-enroll-lead = { $name } demande une deuxième étape à la connexion, et vous n’en avez pas encore.

locked-title = La connexion est suspendue
locked-lead = Cela protège votre compte contre quelqu’un qui essaie des codes. Si ce n’était pas vous, changez votre mot de passe dès que vous serez connecté.

sign-up-title = Créer un compte
sign-up-button = Créer le compte
sign-up-known = J’ai déjà un compte
sign-up-sent = Nous vous avons envoyé un lien. Ouvrez-le pour confirmer que l’adresse est la vôtre.
sign-up-again-title = Recevoir un autre lien
sign-up-again-lead = Si votre compte attend d’être confirmé, nous envoyons le lien encore une fois.
sign-up-again-button = Renvoyer le lien
sign-up-again-link = Renvoyer le lien
sent-title = Regardez vos e‑mails
sent-hint = Cela peut prendre une minute. Regardez aussi dans les indésirables.

verify-title = Confirmez votre adresse
verify-lead = Il reste une étape : confirmez que l’adresse e‑mail est la vôtre.
verify-button = Confirmer l’adresse

forgot-title = Mot de passe oublié ?
forgot-lead = Indiquez votre adresse : nous vous enverrons un lien pour choisir un nouveau mot de passe.
forgot-button = Envoyer le lien
forgot-sent = Si un compte existe à cette adresse, un lien pour choisir un nouveau mot de passe est en route.
forgot-again-link = Envoyer un autre lien
reset-title = Choisissez un nouveau mot de passe
reset-lead = Vous serez déconnecté partout. Si la connexion en deux étapes est activée, un code vous sera toujours demandé.
reset-button = Enregistrer le mot de passe

unlock-title = Déverrouiller votre compte
unlock-lead = Vous pourrez essayer une fois de plus de vous connecter, pendant 15 minutes.
unlock-button = Déverrouiller

change-email-title = Confirmez votre nouvelle adresse
change-email-lead = Vous vous connecterez ensuite avec cette adresse.
change-email-button = Confirmer l’adresse

backup-email-title = Confirmez votre adresse de secours
backup-email-lead = Elle recevra ensuite une copie de chaque avis de sécurité. Elle ne permet pas de se connecter.
backup-email-button = Confirmer l’adresse

security-title = Sécurité
glance-on = La connexion en deux étapes est activée
glance-on-lead = Après le mot de passe, un code vous est demandé. Un mot de passe volé ne suffit pas.
glance-off = La connexion en deux étapes est désactivée
glance-off-lead = Seul votre mot de passe protège ce compte. Avec une deuxième étape, un mot de passe volé ne suffit pas.
glance-not-offered = Les responsables de ce service l’ont désactivée pour tout le monde. Ce que vous avez configuré est conservé.
factors-title = Moyens de recevoir un code
factor-preferred = Demandé d’abord
method-totp = Application d’authentification
method-sms = SMS
method-email = E‑mail
added = Ajouté
last-used = Utilisé
recovery-title = Codes de récupération
recovery-left = { $n ->
    [0] Vous n’avez aucun code de récupération.
    [one] Il reste un code de récupération.
   *[other] Il reste { $n } codes de récupération.
}
devices-title = Appareils mémorisés
devices-lead = Aucun code ne leur est demandé.
this-device = Cet appareil
trusted-until = Jusqu’au
sessions-title = Où vous êtes connecté
this-session = Ici

events-title = Activité récente
events-lead = Quelque chose n’était pas vous ?
event-signed-in = Connexion
event-code-verified = Connexion avec un code
event-code-verified-failed = Code erroné à la connexion
event-password-checked-failed = Mot de passe erroné à la connexion
event-stepped-up-failed = Code ou mot de passe erroné pour une modification
event-recovery-code-used = Code de récupération utilisé
event-account-locked = Verrouillé après trop de codes erronés
event-account-unlocked = Déverrouillé
event-factor-added = Moyen de recevoir un code ajouté
event-factor-removed = Moyen de recevoir un code supprimé
event-two-factor-enabled = Connexion en deux étapes activée
event-two-factor-disabled = Connexion en deux étapes désactivée
event-two-factor-reset = Connexion en deux étapes réinitialisée par un administrateur
event-recovery-codes-made = Nouveaux codes de récupération créés
event-recovery-codes-downloaded = Codes de récupération enregistrés dans un fichier
event-trusted-device-added = Appareil mémorisé
event-trusted-device-revoked = Appareil oublié
event-trusted-device-stolen = Copie d’un appareil mémorisé détectée
event-password-changed = Mot de passe changé
event-password-reset = Mot de passe réinitialisé par e‑mail
event-email-change-requested = Nouvelle adresse e‑mail demandée
event-email-changed = Adresse e‑mail changée
event-backup-email-requested = Adresse de secours demandée
event-backup-email-changed = Adresse de secours changée
event-backup-email-removed = Adresse de secours supprimée
event-session-ended = Session fermée
event-refresh-token-reused = Copie d’une session détectée
event-user-disabled = Compte désactivé par un administrateur
event-user-enabled = Compte activé par un administrateur
event-signup-requested = Un compte a été demandé
event-verification-resent = Le lien d’inscription a été redemandé
event-email-verified = L’adresse a été confirmée
event-user-created = Le compte a été créé
event-user-imported = Le compte vient d’un autre système
event-password-checked = Le mot de passe était juste
event-challenge-started = Un code a été demandé
event-enrollment-started = Un moyen d’obtenir un code est en cours de configuration
event-enrollment-confirmed = Un code de configuration a été saisi
event-preferred-factor-changed = Un autre moyen est demandé d’abord
event-factor-renamed = Un moyen d’obtenir un code a été renommé
event-stepped-up = Identité prouvée à nouveau pour un changement
event-session-refreshed = Une session a continué
event-signed-out = Déconnexion
event-sessions-ended = Des sessions ont été fermées
event-trust-revoked = Tous les appareils mémorisés ont été oubliés
event-trusted-device-recognized = Un appareil mémorisé a été reconnu
event-trusted-device-rotated = Un appareil mémorisé a reçu un nouveau secret
event-password-reset-requested = Un lien pour un nouveau mot de passe a été demandé
event-user-deleted = Le compte a été supprimé
event-code-sent = Un code devait être envoyé
event-delivery-expired = Un message était trop ancien pour être envoyé
event-message-dropped = Un message en attente a été abandonné
event-clock-skew = L’horloge du serveur était décalée
event-challenge-canceled = L’application n’a plus attendu de code
event-application-added = Une application a été ajoutée
event-api-key-added = Une clé d’API a été créée
event-api-key-revoked = Une clé d’API a été révoquée
event-database-acknowledged = Une copie plus ancienne de la base a été remise en service
event-webhook-added = Un webhook a été ajouté
event-webhook-removed = Un webhook a été retiré
event-application-changed = Les réglages d’une application ont été modifiés
event-challenge-opened = La page du code a été ouverte
event-result-redeemed = L’application a pris le résultat
event-role-granted = Un rôle dans l’administration a été donné
event-role-revoked = Un rôle dans l’administration a été retiré
event-looked = A consulté des personnes dans l’administration
turn-on = Activer
turn-off = Désactiver
change = Modifier
change-named = Modifier { $name }
forget = Oublier
forget-named = Oublier { $name }
forget-all = Tous les oublier
end = Fermer
end-named = Fermer la session de { $name }
end-others = Se déconnecter partout ailleurs
devices-none = Aucun. Chaque connexion demande un code.
recovery-few = Créez-en bientôt de nouveaux.
recovery-make = Créer de nouveaux codes
account-title = Compte
security-locked = Trop de codes erronés ont été saisis. Les codes seront de nouveau acceptés dans { $wait }.

prove-title = Confirmez que c’est vous
prove-then-forget = L’appareil sera ensuite oublié.
prove-then-forget-all = Tous les appareils seront ensuite oubliés.
prove-sent = Un code a été envoyé à
prove-send-lead = Faites-vous envoyer un code et saisissez-le ici.
prove-recovery-hint = Un code de récupération convient aussi.
prove-password-lead = Saisissez encore une fois votre mot de passe avant cette modification.

add-title = Ajouter un moyen
add-first-title = Activer la connexion en deux étapes
add-lead = Comment voulez-vous recevoir vos codes ?
add-none = Rien ne peut être ajouté pour l’instant. Adressez-vous aux responsables de ce service.
safety-totp = Le plus sûr
safety-sms = Moins sûr
safety-email = Le moins sûr
choice-totp = Une application sur votre téléphone affiche les codes, même sans réseau.
choice-sms = Nous envoyons les codes sur votre téléphone.
choice-email = Nous envoyons les codes à une adresse e‑mail.
add-totp-title = Utiliser une application d’authentification
add-totp-lead = Il vous faut une application qui affiche des codes, comme celle de votre gestionnaire de mots de passe. Ouvrez-la, puis continuez.
add-totp-button = Continuer
add-sms-title = Recevoir les codes par SMS
add-sms-lead = Nous envoyons un code à ce numéro, maintenant et à chaque connexion.
add-sms-button = Envoyer un code
add-email-title = Recevoir les codes par e‑mail
add-email-lead = Nous envoyons un code à cette adresse, maintenant et à chaque connexion.
add-email-button = Envoyer un code
risk-sms = Les SMS peuvent être interceptés et les numéros détournés.
risk-email = Qui lit vos e‑mails peut aussi réinitialiser votre mot de passe : cela protège peu.
risk-other = Une application est plus sûre.
set-up-title = Saisissez le code
set-up-scan-title = Scannez cette image
set-up-scan-lead = Scannez-la avec votre application d’authentification, puis saisissez les six chiffres affichés.
set-up-qr = Code QR qui ajoute ce compte à votre application d’authentification. La même clé figure dessous en texte.
set-up-cannot-scan = Vous ne pouvez pas la scanner ?
set-up-key-lead = Saisissez plutôt cette clé dans votre application. Les espaces ne comptent pas.
set-up-open-app = Ouvrir dans une application de cet appareil
set-up-button = Confirmer
copy-key = Copier la clé

recovery-make-title = Créer de nouveaux codes de récupération
recovery-make-lead = Les nouveaux codes remplacent les anciens, qui ne serviront plus.
recovery-make-button = Créer de nouveaux codes
recovery-new-title = Conservez vos codes de récupération
recovery-new-lead = Si vous perdez votre téléphone, l’un d’eux vous fait entrer. Chacun ne sert qu’une fois.
recovery-new-warning = Ils ne sont affichés que maintenant. Gardez-les là où personne d’autre ne les trouvera, et pas seulement sur votre téléphone.
recovery-saved = Je les ai conservés
copy-codes = Copier
save-txt = Enregistrer en texte
save-pdf = Enregistrer en PDF
print = Imprimer

remember-title = Mémoriser cet appareil
remember-lead = Pendant { $days } jours, aucun code ne vous sera demandé ici. Seulement sur un appareil que vous êtes seul à utiliser.
remember-button = Mémoriser
remember-not-now = Pas maintenant

factor-rename = Enregistrer le nom
factor-prefer = Le demander d’abord
factor-remove-title = Supprimer
factor-remove-lead = Il ne pourra plus servir à se connecter. Vous serez déconnecté partout ailleurs.
factor-remove-last = C’est votre seul moyen de recevoir un code.
factor-remove = Supprimer

password-title = Changer votre mot de passe
password-lead = Vous restez connecté ici et serez déconnecté partout ailleurs.
password-button = Enregistrer le mot de passe
email-title = Changer votre adresse e‑mail
email-lead = Votre adresse est
email-hint = Nous y envoyons un lien. Rien ne change avant que vous ne l’ouvriez.
email-button = Envoyer le lien

backup-title = Adresse de secours
backup-lead = Une copie de chaque avis de sécurité est envoyée à une seconde adresse : vous êtes prévenu même si quelqu’un s’empare de la première. Elle ne permet pas de se connecter.
backup-current = Les copies vont à
backup-remove = Ne plus envoyer de copies

off-title = Désactiver la connexion en deux étapes
off-lead = Seul votre mot de passe protégera votre compte. Vos moyens de recevoir un code, vos codes de récupération et vos appareils mémorisés seront supprimés.

said-signed-out = Vous êtes déconnecté.
said-session-over = Votre session est terminée. Connectez-vous de nouveau.
said-verified = Votre adresse est confirmée. Vous pouvez vous connecter.
said-password-reset = Votre nouveau mot de passe est enregistré. Connectez-vous avec lui.
said-unlocked = Vous avez un essai de plus. Connectez-vous avec votre mot de passe et un code.
said-email-changed = Votre nouvelle adresse est confirmée. Connectez-vous désormais avec elle.
said-password-changed = Votre mot de passe est changé.
said-email-change-sent = Un lien a été envoyé à la nouvelle adresse. Ouvrez-le pour terminer.
said-set-up-over = Cette configuration est terminée. Veuillez recommencer.
said-added = C’est fait : vous pouvez désormais l’utiliser.
said-renamed = Le nom est changé.
said-preferred = Il vous sera demandé d’abord.
said-removed = C’est supprimé.
said-off = La connexion en deux étapes est désactivée.
said-codes-saved = Vos codes de récupération sont prêts. Gardez-les bien.
said-codes-gone = Ces codes ne peuvent plus être affichés. Créez-en de nouveaux si vous ne les avez pas conservés.
said-forgotten = L’appareil est oublié. Sa prochaine connexion demandera un code.
said-all-forgotten = Tous les appareils sont oubliés. La prochaine connexion demandera un code.
said-ended = La session est fermée.
said-others-ended = Vous êtes déconnecté partout ailleurs.
said-remembered = Cet appareil est mémorisé.
said-notices-copied = Votre adresse de secours est confirmée.
said-backup-email-sent = Nous avons envoyé un lien à l’adresse de secours. Ouvrez-le pour terminer.
said-notices-ended = Plus aucune copie n’est envoyée.
said-challenge-over = Cela a pris trop de temps. Reconnectez-vous pour recevoir un nouveau code.
said-too-many = Trop de codes erronés. Veuillez recommencer.
said-start-again = Cette connexion est terminée. Veuillez recommencer.

trouble-title = Problème :
trouble-label-missing = Donnez d’abord un nom.
trouble-phone-malformed = Ce n’est pas un numéro de téléphone. Exemple : +33 6 12 34 56 78.
trouble-phone-invalid = Ce numéro n’existe pas. Vérifiez l’indicatif du pays et les chiffres.
trouble-phone-short-number = Nous ne pouvons pas envoyer de codes aux numéros courts.
trouble-phone-premium-rate = Nous ne pouvons pas envoyer de codes aux numéros surtaxés.
trouble-phone-not-of-a-country = Nous ne pouvons pas envoyer de codes à ce type de numéro.
trouble-phone-country-not-served = Nous ne pouvons pas envoyer de SMS vers ce pays. Utilisez plutôt une application d’authentification.
trouble-phone-personal-number = Nous ne pouvons pas envoyer de codes à ce type de numéro.
trouble-phone-not-mobile = Ce n’est pas un numéro de mobile. Nous n’envoyons des SMS qu’aux mobiles.
trouble-phone-shared-number = Ce numéro sert déjà à autant de comptes qu’il est permis. Utilisez un autre numéro ou une application d’authentification.
trouble-attempts-left = { $n ->
    [0] Il ne reste aucun essai.
    [one] Il reste un essai.
   *[other] Il reste { $n } essais.
}
trouble-credentials = L’adresse e‑mail ou le mot de passe est erroné.
trouble-unverified = Confirmez d’abord votre adresse : ouvrez le lien de l’e‑mail que nous vous avons envoyé.
trouble-email-malformed = Ce n’est pas une adresse e‑mail. Exemple : nom@example.com.
trouble-email-too-long = Cette adresse est trop longue.
trouble-email-not-ascii = Nous n’acceptons pas encore les adresses avec d’autres lettres que a à z.
trouble-email-same-address = C’est l’adresse avec laquelle vous vous connectez. Prenez-en une autre.
trouble-password-too-short = Le mot de passe est trop court : il faut au moins 8 caractères.
trouble-password-too-long = Le mot de passe est trop long : 1024 caractères au plus.
trouble-password-too-common = Trop de gens utilisent ce mot de passe, il est donc facile à deviner. Choisissez-en un autre.
trouble-code-missing = Saisissez d’abord le code.
trouble-code = Ce code est erroné.
trouble-code-used = Ce code a déjà été utilisé. Attendez le suivant.
trouble-recovery-used = Ce code de récupération a déjà été utilisé. Prenez-en un autre.
trouble-code-expired = Ce code est trop ancien. Utilisez le plus récent ou demandez-en un autre.
trouble-clock-behind = L’horloge de votre téléphone retarde : { $skew }. Réglez l’heure sur automatique et utilisez le code suivant.
trouble-clock-ahead = L’horloge de votre téléphone avance : { $skew }. Réglez l’heure sur automatique et utilisez le code suivant.
trouble-too-many = Il y a eu trop d’essais erronés. Réessayez dans { $wait }.
trouble-spent = Il y a eu trop de codes erronés. Veuillez recommencer.
trouble-locked = Trop de codes erronés ont été saisis. Réessayez dans { $wait } ou ouvrez le lien de l’e‑mail que nous vous avons envoyé.
trouble-stopped = Trop de codes erronés ont été saisis. Ouvrez le lien de l’e‑mail que nous vous avons envoyé pour déverrouiller votre compte.
trouble-cooldown = Un code vient d’être envoyé. Vous pourrez en recevoir un autre dans { $wait }.
trouble-send-limit = Nous ne pouvons pas envoyer plus de codes pour l’instant. Vous pourrez en recevoir un autre dans { $wait }, ou utilisez un autre moyen.
trouble-undeliverable = Le code ne peut pas être envoyé en ce moment. Utilisez un autre moyen ou réessayez plus tard.
trouble-link = Ce lien ne fonctionne plus. Il a déjà été utilisé, ou son délai est passé.
trouble-step-up = Confirmez d’abord que c’est vous.
trouble-already = Il n’y a plus de place, ou vous l’avez déjà.
trouble-no-set-up = Cette configuration est terminée. Recommencez.
trouble-last = C’est votre seul moyen de recevoir un code. Désactivez plutôt la connexion en deux étapes.
trouble-codes-gone = Les codes ne peuvent plus être affichés. Créez-en de nouveaux.
trouble-off = C’est désactivé ici.
trouble-busy = Nous ne pouvons pas répondre pour l’instant. Réessayez dans un moment.

problem-missing-title = Il n’y a rien ici
problem-missing = L’adresse est erronée, ou ce qui était ici n’y est plus.
problem-foreign-title = Cela venait d’un autre site
problem-foreign = Pour votre sécurité, nous ne faisons que ce que vous demandez sur nos propres pages. Revenez en arrière et réessayez d’ici.
problem-off-title = Non disponible
problem-busy-title = Un instant, s’il vous plaît
problem-internal-title = Quelque chose s’est mal passé
problem-internal = C’est notre faute, pas la vôtre, et rien n’a été modifié. Veuillez réessayer.
problem-request-title = Cela n’a pas marché
problem-request = Le formulaire n’a pas pu être lu. Revenez en arrière et réessayez.
problem-reference = Si cela persiste, indiquez aux responsables de ce service :
problem-home = Continuer

welcome-title = Bienvenue
welcome-lead = Vous êtes invité à l’administration. Choisissez un mot de passe ; vous configurerez ensuite une deuxième étape de connexion.
said-welcome = Votre mot de passe est enregistré. Connectez-vous avec lui, puis configurez une deuxième étape.
problem-role-title = Pas pour votre rôle
problem-role = Il faut un autre rôle pour cela. Demandez à quelqu’un qui l’a.
admin-title = Administration
admin-people-title = Personnes
admin-role-viewer = Lecture
admin-role-support = Assistance
admin-role-administrator = Administrateur
admin-search-label = Adresse ou identifiant
admin-search-hint = Le début suffit. Ce qu’une application appelle son utilisateur commence par id:
admin-looks-hint = Chaque consultation est consignée.
admin-search-button = Chercher
admin-found-title = Résultats
admin-found-none = Personne ne correspond.
admin-more = Afficher la suite
admin-state-disabled = Désactivé
admin-state-stopped = Arrêté après des codes erronés
admin-state-locked = Verrouillé
admin-state-unguarded = Pas de deuxième étape
admin-state-invited = Invité, pas encore de mot de passe
admin-state-guarded = Protégé par une deuxième étape
admin-advice-disabled = Le responsable du service a désactivé ce compte. Personne ne s’y connecte.
admin-advice-stopped = Trop de codes erronés d’affilée. Cela reste ainsi jusqu’au déverrouillage. Demandez d’abord à la personne si c’était elle.
admin-advice-locked = Trop de codes erronés en une heure. Il s’ouvrira ensuite de lui-même. Voyez plus bas d’où ils venaient : si c’était la personne, une horloge décalée est la cause la plus fréquente.
admin-advice-unguarded = Le mot de passe seul suffit. Rappelez à la personne de configurer une deuxième étape.
admin-advice-invited = Le lien de l’invitation est le seul accès.
admin-advice-guarded = Mot de passe et deuxième étape donnent accès. Les derniers essais figurent plus bas.
admin-factor-title = D’abord une deuxième étape
admin-factor-lead = L’administration ne s’ouvre qu’à ceux qui se connectent avec une application d’authentification ou un SMS. Un code par e‑mail ne compte pas ici.
admin-factor-button = Configurer
admin-factor-again = C’est fait
admin-since = Depuis
admin-wrong-codes = { $n ->
    [one] Un code erroné compte en ce moment.
   *[other] { $n } codes erronés comptent en ce moment.
}
admin-usable-title = Ce qu’elle peut utiliser maintenant
admin-no-factors = Il n’y a pas de deuxième étape.
admin-backup = Les copies des avis vont à
admin-story-title = Ce qui s’est passé
admin-story-empty = Il ne s’est encore rien passé.
admin-failed = Échec
admin-by = par
admin-older = Ce qui précède
admin-newest = Retour au plus récent
admin-ids = Identifiants
admin-id-user = Compte
admin-id-person = Dans le journal
delivery-queued = Un message est en route
delivery-tried = Un essai de remise a échoué
delivery-put-off = Un nouvel essai suivra
delivery-accepted = Il a été remis
delivery-sent = Il est parti sur le réseau
delivery-delivered = Il est arrivé
delivery-failed = Il n’est pas arrivé
admin-state-password-only = Pas de deuxième étape
admin-advice-password-only = Le mot de passe seul suffit. Rappelez à la personne de configurer une deuxième étape.
admin-recovery-codes = { $n ->
    [one] Il reste { $n } code de secours.
   *[other] Il reste { $n } codes de secours.
}
admin-sessions-title = Où elle est connectée
admin-locked-until = Verrouillé jusqu’au
admin-help-title = Ce que vous pouvez faire
admin-help-lead = Chaque action est consignée avec votre nom et votre raison, et la personne en est informée.
admin-help-unlock = Débloquer
admin-help-end-sessions = Déconnecter partout
admin-help-forget-devices = Oublier les appareils
admin-help-start-over = Tout recommencer
admin-help-about-unlock = Un blocage ou un arrêt après des codes erronés est levé, et la personne retrouve tous ses essais. Si ce n’était pas elle, ce sont autant d’essais pour quelqu’un d’autre : demandez d’abord.
admin-help-about-end-sessions = Toutes les sessions prennent fin et un code est de nouveau demandé aux appareils mémorisés. La deuxième étape reste telle quelle.
admin-help-about-forget-devices = Un code est de nouveau demandé aux appareils mémorisés. Les sessions restent ouvertes.
admin-help-about-start-over = Retire toutes les façons de donner un code, les codes de secours, toutes les sessions et les appareils mémorisés. L’ancien mot de passe ne vaut plus non plus. Un lien part vers l’adresse de la personne ; il fonctionne une fois, pendant une heure, et mène à un nouveau mot de passe et à une nouvelle deuxième étape. Vous ne voyez ni le lien ni le mot de passe. Assurez-vous de savoir à qui vous parlez.
admin-help-about-start-over-elsewhere = Retire toutes les façons de donner un code, les codes de secours, toutes les sessions et les appareils mémorisés. L’application de la personne la connecte avec le seul mot de passe jusqu’à ce qu’une nouvelle deuxième étape soit configurée. Assurez-vous de savoir à qui vous parlez.
admin-reason = Raison
admin-reason-hint = Une ligne, pour le journal d’audit. La personne ne la voit pas.
trouble-reason-missing = Dites pourquoi.
admin-back = Retour à la personne
said-helped-unlock = Le blocage est levé.
said-helped-end-sessions = Toutes les sessions ont pris fin.
said-helped-forget-devices = Un code est de nouveau demandé aux appareils.
said-helped-start-over = La deuxième étape est retirée.
said-nothing-to-do = Il n’y avait rien à faire.
start-over-title = Configurez à nouveau votre connexion
start-over-lead = Choisissez un nouveau mot de passe. Après vous être connecté avec lui, vous configurerez une nouvelle deuxième étape.
