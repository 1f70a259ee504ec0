# Français. What each name is for stands in en.ftl.

email_verification =
    .subject = Confirmez votre adresse e-mail pour { $app }
    .heading = Confirmez votre adresse e-mail
    .intro = Quelqu’un, vous-même nous l’espérons, s’est inscrit à { $app } avec cette adresse.
    .action = Si c’est bien vous, confirmez que l’adresse vous appartient et votre compte sera prêt.
    .button = Confirmer l’adresse e-mail
    .advice = Si vous ne vous êtes pas inscrit, ignorez ce message. Personne ne peut utiliser le compte tant que le lien n’a pas été ouvert : ne l’ouvrez pas.

account_exists =
    .subject = Vous avez déjà un compte { $app }
    .heading = Vous avez déjà un compte
    .intro = Quelqu’un a essayé de s’inscrire à { $app } avec votre adresse. Un compte existe déjà pour elle, rien n’a donc été changé. Si c’était vous, connectez-vous avec votre mot de passe habituel.
    .action = Vous pouvez le faire ici.
    .button = Se connecter
    .advice = Vous n’avez rien à faire. La personne qui a essayé n’a appris ni que vous avez un compte, ni quoi que ce soit à son sujet.

two_factor_enabled =
    .subject = La connexion en deux étapes est activée pour { $app }
    .heading = La connexion en deux étapes est activée
    .intro = Votre compte { $app } a désormais un second verrou. Après votre mot de passe, un code vous sera demandé. Gardez vos codes de secours en lieu sûr : ils vous permettent d’entrer si vous perdez votre téléphone.
    .advice = Quelqu’un est peut-être dans votre compte. Changez votre mot de passe sans attendre et demandez de l’aide aux responsables de { $app }.

factor_added =
    .subject = Une méthode de connexion a été ajoutée à votre compte { $app }
    .heading = Une méthode de connexion a été ajoutée
    .intro = Elle peut désormais servir à vous connecter à { $app }, après votre mot de passe.
    .advice = Quelqu’un est peut-être dans votre compte. Changez votre mot de passe sans attendre et supprimez la méthode qui n’est pas la vôtre.

factor_removed =
    .subject = Une méthode de connexion a été retirée de votre compte { $app }
    .heading = Une méthode de connexion a été retirée
    .intro = Elle ne peut plus servir à vous connecter à { $app }. Vous êtes déconnecté partout, sauf là où cela a été fait.
    .advice = Quelqu’un est peut-être dans votre compte. Changez votre mot de passe sans attendre et vérifiez les méthodes de connexion qui restent.

two_factor_disabled =
    .subject = La connexion en deux étapes est désactivée pour { $app }
    .heading = La connexion en deux étapes est désactivée
    .intro = Votre compte { $app } n’est plus protégé que par votre mot de passe. Toutes les méthodes de connexion, tous les codes de secours et tous les appareils mémorisés ont été supprimés.
    .advice = Quelqu’un est peut-être dans votre compte. Changez votre mot de passe sans attendre, réactivez la connexion en deux étapes et demandez de l’aide aux responsables de { $app }.

recovery_codes_made =
    .subject = Nouveaux codes de secours pour votre compte { $app }
    .heading = De nouveaux codes de secours ont été créés
    .intro = Votre compte { $app } a une nouvelle série de codes de secours. Les anciens ne fonctionnent plus : jetez-les et gardez les nouveaux en lieu sûr.
    .advice = Quelqu’un est peut-être dans votre compte. Changez votre mot de passe sans attendre et créez vous-même de nouveaux codes de secours ; ceux-ci ne fonctionneront alors plus.

recovery_code_used =
    .subject = Un code de secours a été utilisé pour { $app }
    .heading = Un code de secours a été utilisé
    .intro = Quelqu’un s’est identifié avec un code de secours de votre compte { $app }. Ce code ne fonctionnera plus. { $remaining ->
        [0] C’était le dernier : créez-en vite de nouveaux.
        [one] Il vous reste un seul code : créez-en vite de nouveaux.
       *[other] Il vous reste { $remaining } codes.
    }
    .advice = Quelqu’un connaît votre mot de passe et vos codes de secours. Changez votre mot de passe et créez de nouveaux codes de secours sans attendre ; les anciens ne fonctionneront plus.

recovery_codes_low =
    .subject = Il vous reste peu de codes de secours pour { $app }
    .heading = Il vous reste peu de codes de secours
    .intro = { $remaining ->
        [0] Il ne vous reste aucun code de secours
        [one] Il vous reste un seul code de secours
       *[other] Il vous reste { $remaining } codes de secours
    } pour votre compte { $app }. Créez-en de nouveaux tant que vous pouvez vous connecter ; ils remplaceront les anciens.
    .advice = Si ce n’est pas vous qui avez utilisé les autres, quelqu’un connaît votre mot de passe et vos codes. Changez votre mot de passe et créez de nouveaux codes de secours sans attendre.

bypass_code_made =
    .subject = Un code à usage unique a été remis pour votre compte { $app }
    .heading = Un code à usage unique a été remis
    .intro = Les personnes qui gèrent { $app } ont remis un code qui remplace une fois votre deuxième étape, à quelqu’un qui leur a prouvé être vous. Il ne fonctionne que peu de temps, et après votre mot de passe.
    .advice = Quelqu’un essaie peut-être d’entrer dans votre compte. Changez votre mot de passe maintenant et prévenez tout de suite les personnes qui gèrent { $app } : elles peuvent retirer le code.

bypass_code_used =
    .subject = Le code à usage unique de l’assistance a été utilisé pour { $app }
    .heading = Le code à usage unique a été utilisé
    .intro = Quelqu’un s’est connecté à votre compte { $app } avec le code remis par l’assistance. Il ne fonctionnera plus. Un code est désormais demandé sur tous les appareils mémorisés.
    .advice = Quelqu’un connaît votre mot de passe. Changez-le maintenant et demandez de l’aide aux personnes qui gèrent { $app }.

account_locked =
    .subject = Trop de codes erronés pour votre compte { $app }
    .heading = Trop de codes erronés
    .intro = Tant de codes erronés ont été saisis pour votre compte { $app } qu’aucun n’est plus accepté pour l’instant. Votre compte et vos réglages sont inchangés.
    .action = Si c’était vous, inutile d’attendre : ce lien permet une connexion de plus, avec trois essais.
    .button = Autoriser une connexion
    .advice = La personne qui a essayé connaît peut-être votre mot de passe. Changez-le dès que vous pourrez vous connecter et ne donnez jamais un code à quiconque vous le demande.

wrong_codes =
    .subject = Codes erronés pour votre compte { $app }
    .heading = Bon mot de passe, codes erronés
    .intro = Quelqu’un a saisi le bon mot de passe de votre compte { $app }, puis des codes erronés. Ces codes ont été refusés. Si c’était vous, vérifiez que l’heure de votre téléphone se règle automatiquement et attendez un nouveau code.
    .advice = La personne qui a essayé connaît votre mot de passe. Changez-le sans attendre et ne donnez jamais un code à quiconque vous le demande.

new_sign_in =
    .subject = Nouvelle connexion à votre compte { $app }
    .heading = Une connexion depuis un nouvel appareil
    .intro = Quelqu’un s’est connecté à votre compte { $app } avec un navigateur qui n’avait pas encore servi à cela. Si c’était vous, il n’y a rien à faire.
    .advice = Quelqu’un a votre mot de passe et, s’il en faut un, votre code. Changez votre mot de passe sans attendre, puis regardez les sessions sur votre page de sécurité et mettez fin à celles que vous ne connaissez pas.

trusted_device_added =
    .subject = Votre compte { $app } fait confiance à un appareil
    .heading = Un appareil est désormais de confiance
    .intro = Pendant un certain temps, { $app } ne demandera que votre mot de passe quand vous vous connecterez depuis cet appareil.
    .advice = Quelqu’un est peut-être dans votre compte. Changez votre mot de passe sans attendre : plus aucun appareil ne sera de confiance.

trusted_device_stolen =
    .subject = Un appareil de confiance de votre compte { $app } a été copié
    .heading = Un appareil de confiance a été copié
    .intro = Quelqu’un a présenté le bon mot de passe de votre compte { $app } et une ancienne copie de ce qui identifie l’un de vos appareils de confiance. Cet appareil n’est plus de confiance et un code a été demandé.
    .advice = Quelqu’un connaît peut-être votre mot de passe et a pu accéder à votre appareil. Changez votre mot de passe sans attendre et faites vérifier l’appareil.

trust_revoked =
    .subject = Un appareil n’est plus de confiance pour votre compte { $app }
    .heading = Un appareil n’est plus de confiance
    .intro = Vos appareils, ou l’un d’eux, ne sont plus de confiance. Un code sera de nouveau demandé à la prochaine connexion.
    .advice = Quelqu’un est peut-être dans votre compte. Changez votre mot de passe sans attendre.

password_reset =
    .subject = Choisissez un nouveau mot de passe pour { $app }
    .heading = Choisissez un nouveau mot de passe
    .intro = Quelqu’un, vous-même nous l’espérons, a oublié le mot de passe de votre compte { $app }. Rien n’a encore été changé.
    .action = Si c’est bien vous, choisissez ici un nouveau mot de passe. Toutes les sessions prendront fin ; votre second facteur reste inchangé.
    .button = Choisir un mot de passe
    .advice = Si vous n’avez rien demandé, ignorez ce message : votre mot de passe reste le même. Ne transmettez pas le lien.

password_changed =
    .subject = Votre mot de passe { $app } a été changé
    .heading = Votre mot de passe a été changé
    .intro = Votre compte { $app } a un nouveau mot de passe. Les autres sessions ont pris fin et les navigateurs mémorisés sont oubliés.
    .advice = Quelqu’un est peut-être dans votre compte. Demandez sans attendre un lien pour choisir un nouveau mot de passe et assurez-vous que personne d’autre ne lit votre courrier.

sessions_ended =
    .subject = Déconnexion de { $app } partout ailleurs
    .heading = Déconnexion partout ailleurs
    .intro = Toutes les sessions de votre compte { $app } ont pris fin, sauf celle qui l’a demandé. Les navigateurs mémorisés sont oubliés : un code sera de nouveau demandé.
    .advice = Quelqu’un est peut-être dans votre compte. Changez votre mot de passe sans attendre.

email_change =
    .subject = Confirmez votre nouvelle adresse e-mail pour { $app }
    .heading = Confirmez votre nouvelle adresse e-mail
    .intro = Quelqu’un, vous-même nous l’espérons, veut utiliser cette adresse pour son compte { $app }.
    .action = Si c’est bien vous, confirmez que l’adresse vous appartient. D’ici là, tout arrive à l’adresse actuelle.
    .button = Confirmer la nouvelle adresse
    .advice = Si ce n’est pas vous, ignorez ce message. Sans le lien, rien ne change.

email_change_requested =
    .subject = Changement d’adresse e-mail demandé pour votre compte { $app }
    .heading = Un changement d’adresse e-mail a été demandé
    .intro = Une personne connectée à votre compte { $app } veut y utiliser une autre adresse e-mail. Rien n’a encore été changé : il faut d’abord ouvrir un lien envoyé à la nouvelle adresse.
    .advice = Quelqu’un est dans votre compte. Changez votre mot de passe sans attendre : cela met fin à ses sessions et annule le lien.

email_changed =
    .subject = L’adresse e-mail de votre compte { $app } a été changée
    .heading = Votre adresse e-mail a été changée
    .intro = L’adresse e-mail de votre compte { $app } n’est plus la même : c’est avec la nouvelle que l’on s’y connecte, et les messages y arrivent au lieu de l’ancienne.
    .advice = Quelqu’un a pris le contrôle de votre compte. Demandez immédiatement de l’aide aux responsables de { $app }.

email_change_taken =
    .subject = Votre adresse a été demandée pour un autre compte { $app }
    .heading = Votre adresse a été demandée pour un autre compte
    .intro = Une personne connectée à un autre compte { $app } voulait y utiliser votre adresse. Celle-ci est celle de votre compte et le reste, rien n’a donc été changé. Si c’était vous, vous avez deux comptes : connectez-vous à celui-ci avec votre adresse.
    .action = Vous pouvez le faire ici.
    .button = Se connecter
    .advice = Vous n’avez rien à faire. La personne qui a essayé n’a appris ni que vous avez un compte, ni quoi que ce soit à son sujet.

backup_email =
    .subject = Confirmez cette adresse de secours pour { $app }
    .heading = Confirmez cette adresse de secours
    .intro = Quelqu’un, vous-même nous l’espérons, veut recevoir à cette adresse une copie des messages de sécurité de son compte { $app }. Ils disent ce qui s’est passé, quand et d’où. Ils ne contiennent aucun code et ne permettent à personne de se connecter.
    .action = Si c’est bien vous, confirmez que l’adresse vous appartient. D’ici là, rien n’arrivera ici.
    .button = Confirmer l’adresse de secours
    .advice = Si ce n’est pas vous, ignorez ce message. Sans le lien, rien ne change.

backup_email_changed =
    .subject = Une adresse de secours a été définie pour votre compte { $app }
    .heading = Une adresse de secours a été définie
    .intro = Désormais, une autre adresse reçoit une copie des messages de sécurité de votre compte { $app }. S’il y avait déjà une adresse de secours, la nouvelle la remplace. Aucun code n’y est jamais envoyé.
    .advice = Quelqu’un est peut-être dans votre compte et lit d’où vous vous connectez. Changez votre mot de passe sans attendre et supprimez l’adresse qui n’est pas la vôtre.

backup_email_removed =
    .subject = L’adresse de secours de votre compte { $app } a été supprimée
    .heading = L’adresse de secours a été supprimée
    .intro = Les messages de sécurité de votre compte { $app } ne sont plus copiés nulle part ; ils n’arrivent plus qu’à sa propre adresse.
    .advice = Quelqu’un est peut-être dans votre compte et ne veut pas être remarqué. Changez votre mot de passe sans attendre et rétablissez l’adresse de secours.

account_disabled =
    .subject = Votre compte { $app } a été désactivé
    .heading = Votre compte a été désactivé
    .intro = L’administration a désactivé votre compte { $app }. Vous êtes déconnecté partout et personne ne peut s’y connecter.
    .advice = C’est une décision de l’administration. Si vous n’en connaissez pas la raison, adressez-vous aux responsables de { $app }.

account_enabled =
    .subject = Votre compte { $app } a été réactivé
    .heading = Votre compte a été réactivé
    .intro = L’administration a réactivé votre compte { $app }. Vous pouvez vous connecter comme avant.
    .advice = C’est une décision de l’administration. Si vous n’en connaissez pas la raison, adressez-vous aux responsables de { $app }.

account_unlocked =
    .subject = Votre compte { $app } a été débloqué
    .heading = Votre compte a été débloqué
    .intro = L’administration a débloqué votre compte { $app } après un trop grand nombre de codes erronés. Les codes sont de nouveau acceptés.
    .advice = Si vous ne l’avez pas demandé, c’est peut-être quelqu’un d’autre. Changez votre mot de passe sans attendre et prévenez les responsables de { $app }.

two_factor_reset =
    .subject = La connexion en deux étapes a été réinitialisée pour { $app }
    .heading = Connexion en deux étapes réinitialisée
    .intro = L’administration a retiré toutes les méthodes de connexion et tous les codes de secours de votre compte { $app }. Tant que vous n’en configurez pas de nouveaux, votre mot de passe suffit pour se connecter.
    .advice = Si vous ne l’avez pas demandé, quelqu’un l’a peut-être fait en votre nom. Changez votre mot de passe sans attendre et prévenez les responsables de { $app }.

account_deleted =
    .subject = Votre compte { $app } a été supprimé
    .heading = Votre compte a été supprimé
    .intro = L’administration a supprimé votre compte { $app }. Plus personne ne peut s’y connecter.
    .advice = C’est une décision de l’administration. Si vous n’en connaissez pas la raison, adressez-vous aux responsables de { $app }.

started_over =
    .subject = Configurez à nouveau la connexion en deux étapes pour { $app }
    .heading = Configurez à nouveau la connexion en deux étapes
    .intro = L’administration a retiré toutes les méthodes de connexion et tous les codes de secours de votre compte { $app }. Votre ancien mot de passe ne permet plus de se connecter non plus.
    .action = Si vous l’avez demandé, choisissez un nouveau mot de passe avec ce lien. Il ne fonctionne qu’une fois. Après la connexion, vous configurerez une nouvelle méthode.
    .button = Choisir un nouveau mot de passe
    .advice = Si vous ne l’avez pas demandé, quelqu’un l’a peut-être fait en votre nom. Ne transmettez pas le lien et prévenez les responsables de { $app }.

reset_requested =
    .subject = { $app } : réinitialisation demandée
    .heading = Une réinitialisation est demandée
    .intro = L’administration a demandé de retirer toutes les méthodes de connexion et tous les codes de secours de votre compte { $app }. Rien n’a encore changé.
    .action = Si vous ne le voulez pas, arrêtez-la avec ce lien. Il ne fonctionne qu’une fois.
    .button = Arrêter
    .advice = Si vous ne l’avez pas demandé, quelqu’un l’a peut-être fait en votre nom. Une connexion avec votre deuxième étape l’arrête aussi. Prévenez les responsables de { $app }.

signed_out_everywhere =
    .subject = Déconnexion de { $app } partout
    .heading = Déconnexion partout
    .intro = L’administration a mis fin à toutes les sessions de votre compte { $app }. Les navigateurs mémorisés sont oubliés : un code sera de nouveau demandé.
    .advice = Si vous ne l’avez pas demandé, quelqu’un est peut-être dans votre compte. Changez votre mot de passe sans attendre et prévenez les responsables de { $app }.

sms_limit_reached =
    .subject = { $app } : les SMS sont suspendus
    .heading = Une limite de SMS est atteinte
    .intro = { $app } n’envoie plus de SMS au-delà de cette limite. Toutes les autres méthodes continuent. Les détails décrivent la demande qui a atteint la limite ; « twinlock sms usage » montre ce qui a été envoyé, et où.
    .advice = Quelqu’un fait peut-être envoyer des codes à des numéros qui en tirent de l’argent. Regardez ce qui a été envoyé avant de relever une limite.

login_code =
    .subject = Votre code de connexion { $app }
    .heading = Votre code de connexion
    .intro = Saisissez ce code pour terminer votre connexion à { $app } :
    .advice = La personne qui a demandé ce code connaît votre mot de passe. Ne donnez le code à personne et changez votre mot de passe sans attendre.
    .sms = { $code } : votre code de connexion { $app }. Ne le donnez à personne.

setup_code =
    .subject = Votre code de configuration { $app }
    .heading = Votre code de configuration
    .intro = Saisissez ce code pour que { $app } puisse envoyer ici vos codes de connexion :
    .advice = Quelqu’un a saisi votre adresse, peut-être par erreur. Sans le code, rien ne se passe : ne le donnez à personne.
    .sms = { $code } : votre code de configuration { $app }. Ne le donnez à personne.

step_up_code =
    .subject = Votre code de sécurité { $app }
    .heading = Votre code de sécurité
    .intro = Saisissez ce code pour confirmer une modification de votre compte { $app } :
    .advice = Quelqu’un est connecté à votre compte et veut le modifier. Ne donnez le code à personne et changez votre mot de passe sans attendre.
    .sms = { $code } : votre code de sécurité pour modifier votre compte { $app }. Ne le donnez à personne.

## Around every message

advice-heading = Si ce n’était pas vous
details-heading = Ce que nous en savons
footer = { $app } a envoyé ce message automatiquement. Personne chez { $app } ne vous demandera jamais un code ni un mot de passe.
zone-note = UTC désigne le temps universel coordonné.
link-expires = Le lien fonctionne une seule fois, jusqu’au { $moment }.
code-expires = Le code fonctionne une seule fois, jusqu’au { $moment }.
code-label = Code : { $digits }
link-copy = Si le bouton ne fonctionne pas, copiez ce lien dans votre navigateur :

## Details

detail = { $name } : { $value }
detail-time = Date et heure
detail-method = Méthode
detail-copy = Adresse de secours de
detail-limit = Limite
detail-browser = Navigateur
detail-device = Appareil de confiance
detail-ip = Adresse IP
detail-locked = Bloqué jusqu’au
browser-and-system = { $browser } sur { $system }
unknown = inconnu
until-unlocked = déblocage par vous ou par l’administration

moment = { $day ->
    [1] 1er
   *[other] { $day }
} { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
} { $year } à { $time } UTC
