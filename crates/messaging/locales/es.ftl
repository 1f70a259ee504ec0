# Español. What each name is for stands in en.ftl. The text messages do without accented vowels but é: the others are not
# in the alphabet of text messages, and one of them would more than halve the room.

email_verification =
    .subject = Confirme su dirección de correo para { $app }
    .heading = Confirme su dirección de correo
    .intro = Alguien, esperamos que usted, se registró en { $app } con esta dirección.
    .action = Si fue usted, confirme que la dirección es suya y su cuenta estará lista.
    .button = Confirmar dirección
    .advice = Si no se registró, ignore este mensaje. Nadie puede usar la cuenta mientras no se abra el enlace, así que no lo abra.

account_exists =
    .subject = Ya tiene una cuenta en { $app }
    .heading = Ya tiene una cuenta
    .intro = Alguien intentó registrarse en { $app } con su dirección. Ya existe una cuenta con ella, así que no se cambió nada. Si fue usted, inicie sesión con la contraseña que ya tiene.
    .action = Puede hacerlo aquí.
    .button = Iniciar sesión
    .advice = No tiene que hacer nada. Quien lo intentó no supo si usted tiene una cuenta ni nada sobre ella.

two_factor_enabled =
    .subject = El acceso en dos pasos está activado en { $app }
    .heading = El acceso en dos pasos está activado
    .intro = Su cuenta de { $app } tiene ahora una segunda cerradura. Después de la contraseña se le pedirá un código. Guarde sus códigos de recuperación en un lugar seguro: le permiten entrar si pierde el teléfono.
    .advice = Puede que alguien esté en su cuenta. Cambie su contraseña ahora mismo y pida ayuda a los responsables de { $app }.

factor_added =
    .subject = Se añadió un método de acceso a su cuenta de { $app }
    .heading = Se añadió un método de acceso
    .intro = Desde ahora sirve para entrar en su cuenta de { $app } después de la contraseña.
    .advice = Puede que alguien esté en su cuenta. Cambie su contraseña ahora mismo y elimine el método que no sea suyo.

factor_removed =
    .subject = Se eliminó un método de acceso de su cuenta de { $app }
    .heading = Se eliminó un método de acceso
    .intro = Ya no sirve para entrar en su cuenta de { $app }. Se cerró la sesión en todas partes, salvo donde se hizo el cambio.
    .advice = Puede que alguien esté en su cuenta. Cambie su contraseña ahora mismo y compruebe qué métodos de acceso quedan.

two_factor_disabled =
    .subject = El acceso en dos pasos está desactivado en { $app }
    .heading = El acceso en dos pasos está desactivado
    .intro = Su cuenta de { $app } queda protegida solo por su contraseña. Se eliminaron todos los métodos de acceso, códigos de recuperación y dispositivos recordados.
    .advice = Puede que alguien esté en su cuenta. Cambie su contraseña ahora mismo, vuelva a activar el acceso en dos pasos y pida ayuda a los responsables de { $app }.

recovery_codes_made =
    .subject = Nuevos códigos de recuperación de su cuenta de { $app }
    .heading = Se crearon nuevos códigos de recuperación
    .intro = Su cuenta de { $app } tiene un nuevo juego de códigos de recuperación. Los anteriores ya no funcionan: deséchelos y guarde los nuevos en un lugar seguro.
    .advice = Puede que alguien esté en su cuenta. Cambie su contraseña ahora mismo y cree otros códigos de recuperación; así dejarán de valer los que se acaban de crear.

recovery_code_used =
    .subject = Se usó un código de recuperación en { $app }
    .heading = Se usó un código de recuperación
    .intro = Alguien se identificó con un código de recuperación de su cuenta de { $app }. Ese código no volverá a funcionar. { $remaining ->
        [0] Era el último: cree otros pronto.
        [one] Le queda un solo código: cree otros pronto.
       *[other] Le quedan { $remaining } códigos.
    }
    .advice = Alguien conoce su contraseña y sus códigos de recuperación. Cambie su contraseña y cree otros códigos de recuperación ahora mismo; los anteriores dejarán de valer.

recovery_codes_low =
    .subject = Le quedan pocos códigos de recuperación de { $app }
    .heading = Le quedan pocos códigos de recuperación
    .intro = { $remaining ->
        [0] No le queda ningún código de recuperación
        [one] Le queda un solo código de recuperación
       *[other] Le quedan { $remaining } códigos de recuperación
    } de su cuenta de { $app }. Cree otros mientras todavía pueda entrar; sustituirán a los anteriores.
    .advice = Si no fue usted quien usó los demás, alguien conoce su contraseña y sus códigos. Cambie su contraseña y cree otros códigos de recuperación ahora mismo.

bypass_code_made =
    .subject = Se entregó un código de un solo uso para su cuenta de { $app }
    .heading = Se entregó un código de un solo uso
    .intro = Quienes administran { $app } entregaron un código que sustituye una vez su segundo paso, a alguien que les demostró ser usted. Solo funciona durante poco tiempo y después de su contraseña.
    .advice = Puede que alguien intente entrar en su cuenta. Cambie su contraseña ahora y avise enseguida a quienes administran { $app }: pueden retirar el código.

bypass_code_used =
    .subject = Se usó el código de un solo uso del servicio de ayuda para { $app }
    .heading = Se usó el código de un solo uso
    .intro = Alguien inició sesión en su cuenta de { $app } con el código que entregó el servicio de ayuda. No volverá a funcionar. A partir de ahora se pide un código en todos los dispositivos recordados.
    .advice = Alguien conoce su contraseña. Cámbiela ahora y pida ayuda a quienes administran { $app }.

account_locked =
    .subject = Demasiados códigos incorrectos en su cuenta de { $app }
    .heading = Demasiados códigos incorrectos
    .intro = Se escribieron tantos códigos incorrectos para su cuenta de { $app } que por ahora no se acepta ninguno más. Su cuenta y sus ajustes no han cambiado.
    .action = Si fue usted, no necesita esperar: este enlace permite un acceso más, con tres intentos.
    .button = Permitir un acceso
    .advice = Quien lo intentó quizá conozca su contraseña. Cámbiela en cuanto pueda entrar y nunca dé un código a quien se lo pida.

wrong_codes =
    .subject = Códigos incorrectos en su cuenta de { $app }
    .heading = Contraseña correcta, códigos incorrectos
    .intro = Alguien escribió la contraseña correcta de su cuenta de { $app } y después códigos incorrectos. Esos códigos se rechazaron. Si fue usted, compruebe que la hora de su teléfono se ajusta automáticamente y espere un código nuevo.
    .advice = Quien lo intentó conoce su contraseña. Cámbiela ahora mismo y nunca dé un código a quien se lo pida.

new_sign_in =
    .subject = Nuevo acceso a su cuenta de { $app }
    .heading = Un acceso desde un dispositivo nuevo
    .intro = Alguien entró en su cuenta de { $app } con un navegador que no se había usado antes para ello. Si fue usted, no tiene que hacer nada.
    .advice = Alguien tiene su contraseña y, si se pide, su código. Cambie su contraseña ahora mismo, revise después las sesiones en su página de seguridad y cierre las que no conozca.

trusted_device_added =
    .subject = Su cuenta de { $app } confía en un dispositivo
    .heading = Ahora se confía en un dispositivo
    .intro = Durante un tiempo, { $app } solo le pedirá la contraseña cuando entre desde este dispositivo.
    .advice = Puede que alguien esté en su cuenta. Cambie su contraseña ahora mismo: así se deja de confiar en todos los dispositivos.

trusted_device_stolen =
    .subject = Se copió un dispositivo de confianza de su cuenta de { $app }
    .heading = Se copió un dispositivo de confianza
    .intro = Alguien presentó la contraseña correcta de su cuenta de { $app } y una copia antigua de lo que identifica a uno de sus dispositivos de confianza. Ya no se confía en ese dispositivo y se pidió un código.
    .advice = Puede que alguien conozca su contraseña y haya tenido acceso a su dispositivo. Cambie su contraseña ahora mismo y haga revisar el dispositivo.

trust_revoked =
    .subject = Ya no se confía en un dispositivo de su cuenta de { $app }
    .heading = Ya no se confía en un dispositivo
    .intro = Ya no se confía en uno de sus dispositivos, o en ninguno. La próxima vez que entre desde allí se le pedirá de nuevo un código.
    .advice = Puede que alguien esté en su cuenta. Cambie su contraseña ahora mismo.

password_reset =
    .subject = Elija una nueva contraseña para { $app }
    .heading = Elija una nueva contraseña
    .intro = Alguien, esperamos que usted, olvidó la contraseña de su cuenta de { $app }. Todavía no se ha cambiado nada.
    .action = Si fue usted, elija aquí una nueva contraseña. Se cerrarán todas las sesiones; su segundo factor sigue igual.
    .button = Elegir contraseña
    .advice = Si no lo pidió, ignore este mensaje: su contraseña sigue siendo la misma. No reenvíe el enlace.

password_changed =
    .subject = Se cambió su contraseña de { $app }
    .heading = Se cambió su contraseña
    .intro = Su cuenta de { $app } tiene una nueva contraseña. Se cerraron las demás sesiones y se olvidaron los navegadores recordados.
    .advice = Puede que alguien esté en su cuenta. Pida ahora mismo un enlace para elegir otra contraseña y asegúrese de que nadie más lea su correo.

sessions_ended =
    .subject = Se cerró su sesión de { $app } en todas las demás partes
    .heading = Sesión cerrada en todas las demás partes
    .intro = Se cerraron todas las sesiones de su cuenta de { $app }, salvo la que lo pidió. Se olvidaron los navegadores recordados, así que se volverá a pedir un código.
    .advice = Puede que alguien esté en su cuenta. Cambie su contraseña ahora mismo.

email_change =
    .subject = Confirme su nueva dirección de correo para { $app }
    .heading = Confirme su nueva dirección de correo
    .intro = Alguien, esperamos que usted, quiere usar esta dirección para su cuenta de { $app }.
    .action = Si fue usted, confirme que la dirección es suya. Hasta entonces todo llegará a la que tiene.
    .button = Confirmar nueva dirección
    .advice = Si no fue usted, ignore este mensaje. Sin el enlace no cambia nada.

email_change_requested =
    .subject = Se pidió otra dirección de correo para su cuenta de { $app }
    .heading = Se pidió otra dirección de correo
    .intro = Alguien que ha iniciado sesión en su cuenta de { $app } quiere usar en ella otra dirección de correo. Todavía no se ha cambiado nada: antes hay que abrir un enlace enviado a la nueva dirección.
    .advice = Alguien está en su cuenta. Cambie su contraseña ahora mismo: así se cierran sus sesiones y se anula el enlace.

email_changed =
    .subject = Se cambió la dirección de correo de su cuenta de { $app }
    .heading = Se cambió su dirección de correo
    .intro = La dirección de correo de su cuenta de { $app } es ahora otra: con ella se inicia sesión y a ella llegan los mensajes, en lugar de a la anterior.
    .advice = Alguien se ha apoderado de su cuenta. Pida ayuda de inmediato a los responsables de { $app }.

email_change_taken =
    .subject = Otra cuenta de { $app } pidió su dirección
    .heading = Otra cuenta pidió su dirección
    .intro = Alguien que ha iniciado sesión en otra cuenta de { $app } quería usar en ella su dirección. La dirección es de su cuenta y sigue en ella, así que no se cambió nada. Si fue usted, tiene dos cuentas: entre en esta con su dirección.
    .action = Puede hacerlo aquí.
    .button = Iniciar sesión
    .advice = No tiene que hacer nada. Quien lo intentó no supo si usted tiene una cuenta ni nada sobre ella.

backup_email =
    .subject = Confirme esta dirección de respaldo para { $app }
    .heading = Confirme esta dirección de respaldo
    .intro = Alguien, esperamos que usted, quiere recibir en esta dirección una copia de los mensajes de seguridad de su cuenta de { $app }. Dicen qué pasó, cuándo y desde dónde. No contienen códigos y nadie puede entrar con ellos.
    .action = Si fue usted, confirme que la dirección es suya. Hasta entonces no llegará nada aquí.
    .button = Confirmar dirección
    .advice = Si no fue usted, ignore este mensaje. Sin el enlace no cambia nada.

backup_email_changed =
    .subject = Se estableció una dirección de respaldo para su cuenta de { $app }
    .heading = Se estableció una dirección de respaldo
    .intro = Desde ahora, otra dirección recibe una copia de los mensajes de seguridad de su cuenta de { $app }. Si ya había una dirección de respaldo, la nueva la sustituye. Nunca se envían códigos allí.
    .advice = Puede que alguien esté en su cuenta y lea desde dónde entra usted. Cambie su contraseña ahora mismo y elimine la dirección que no sea suya.

backup_email_removed =
    .subject = Se eliminó la dirección de respaldo de su cuenta de { $app }
    .heading = Se eliminó la dirección de respaldo
    .intro = Ya no se envía a ninguna parte copia de los mensajes de seguridad de su cuenta de { $app }; solo llegan a su propia dirección.
    .advice = Puede que alguien esté en su cuenta y no quiera que se note. Cambie su contraseña ahora mismo y vuelva a establecer la dirección de respaldo.

account_disabled =
    .subject = Se desactivó su cuenta de { $app }
    .heading = Se desactivó su cuenta
    .intro = La administración desactivó su cuenta de { $app }. Se cerró su sesión en todas partes y nadie puede entrar en ella.
    .advice = Lo hizo la administración. Si no sabe por qué, pregunte a los responsables de { $app }.

account_enabled =
    .subject = Se reactivó su cuenta de { $app }
    .heading = Se reactivó su cuenta
    .intro = La administración reactivó su cuenta de { $app }. Puede entrar como antes.
    .advice = Lo hizo la administración. Si no sabe por qué, pregunte a los responsables de { $app }.

account_unlocked =
    .subject = Se desbloqueó su cuenta de { $app }
    .heading = Se desbloqueó su cuenta
    .intro = La administración desbloqueó su cuenta de { $app } después de demasiados códigos incorrectos. Se vuelven a aceptar códigos.
    .advice = Si no lo pidió, quizá lo pidió otra persona. Cambie su contraseña ahora mismo y avise a los responsables de { $app }.

two_factor_reset =
    .subject = Se restableció el acceso en dos pasos de { $app }
    .heading = Se restableció el acceso en dos pasos
    .intro = La administración retiró todos los métodos de acceso y códigos de recuperación de su cuenta de { $app }. Hasta que configure un nuevo método, basta su contraseña para entrar.
    .advice = Si no lo pidió, quizá alguien lo hizo en su nombre. Cambie su contraseña ahora mismo y avise a los responsables de { $app }.

account_deleted =
    .subject = Se eliminó su cuenta de { $app }
    .heading = Se eliminó su cuenta
    .intro = La administración eliminó su cuenta de { $app }. Ya nadie puede entrar en ella.
    .advice = Lo hizo la administración. Si no sabe por qué, pregunte a los responsables de { $app }.

started_over =
    .subject = Configure de nuevo el acceso en dos pasos de { $app }
    .heading = Configure de nuevo el acceso en dos pasos
    .intro = La administración retiró todos los métodos de acceso y códigos de recuperación de su cuenta de { $app }. Su contraseña anterior tampoco sirve ya para entrar.
    .action = Si lo pidió, elija una contraseña nueva con este enlace. Funciona una sola vez. Después de entrar configurará un nuevo método de acceso.
    .button = Elegir una contraseña nueva
    .advice = Si no lo pidió, quizá alguien lo hizo en su nombre. No comparta el enlace y avise a los responsables de { $app }.

reset_requested =
    .subject = { $app }: se pidió un restablecimiento
    .heading = Se pidió restablecer el acceso en dos pasos
    .intro = La administración pidió retirar todos los métodos de acceso y códigos de recuperación de su cuenta de { $app }. Todavía no ha cambiado nada.
    .action = Si no lo quiere, deténgalo con este enlace. Funciona una sola vez.
    .button = Detenerlo
    .advice = Si no lo pidió, quizá alguien lo hizo en su nombre. Entrar con su segundo paso también lo detiene. Avise a los responsables de { $app }.

signed_out_everywhere =
    .subject = Se cerró su sesión de { $app } en todas partes
    .heading = Sesión cerrada en todas partes
    .intro = La administración cerró todas las sesiones de su cuenta de { $app }. Se olvidaron los navegadores recordados, así que se volverá a pedir un código.
    .advice = Si no lo pidió, puede que alguien esté en su cuenta. Cambie su contraseña ahora mismo y avise a los responsables de { $app }.

sms_limit_reached =
    .subject = { $app }: se han detenido los SMS
    .heading = Se alcanzó un límite de SMS
    .intro = { $app } no envía SMS por encima de este límite. Los demás métodos siguen funcionando. Los datos corresponden a la petición que llegó al límite; «twinlock sms usage» muestra qué se envió y adónde.
    .advice = Puede que alguien haga enviar códigos a números que ganan dinero con ello. Mire qué se envió antes de subir un límite.

login_code =
    .subject = Su código de acceso a { $app }
    .heading = Su código de acceso
    .intro = Escriba este código para terminar de entrar en { $app }:
    .advice = Quien pidió este código conoce su contraseña. No dé el código a nadie y cambie su contraseña ahora mismo.
    .sms = { $code } es su clave de acceso a { $app }. No la comparta con nadie.

setup_code =
    .subject = Su código de configuración de { $app }
    .heading = Su código de configuración
    .intro = Escriba este código para que { $app } pueda enviar aquí sus códigos de acceso:
    .advice = Alguien escribió su dirección, quizá por error. Sin el código no pasa nada: no lo dé a nadie.
    .sms = { $code } es su clave de alta en { $app }. No la comparta con nadie.

step_up_code =
    .subject = Su código de seguridad de { $app }
    .heading = Su código de seguridad
    .intro = Escriba este código para confirmar un cambio en su cuenta de { $app }:
    .advice = Alguien ha iniciado sesión en su cuenta y quiere cambiarla. No dé el código a nadie y cambie su contraseña ahora mismo.
    .sms = { $code } es su clave de seguridad para un cambio en su cuenta de { $app }. No la comparta con nadie.

## Around every message

advice-heading = Si no fue usted
details-heading = Lo que sabemos
footer = { $app } envió este mensaje automáticamente. Nadie de { $app } le pedirá nunca un código ni una contraseña.
zone-note = UTC es el tiempo universal coordinado.
link-expires = El enlace funciona una sola vez, hasta el { $moment }.
code-expires = El código funciona una sola vez, hasta el { $moment }.
code-label = Código: { $digits }
link-copy = Si el botón no funciona, copie este enlace en su navegador:

## Details

detail = { $name }: { $value }
detail-time = Fecha y hora
detail-method = Método
detail-copy = Dirección de respaldo de
detail-limit = Límite
detail-browser = Navegador
detail-device = Dispositivo de confianza
detail-ip = Dirección IP
detail-locked = Bloqueado hasta
browser-and-system = { $browser } en { $system }
unknown = desconocido
until-unlocked = que usted o la administración lo desbloquee

moment = { $day } de { $month ->
    [1] enero
    [2] febrero
    [3] marzo
    [4] abril
    [5] mayo
    [6] junio
    [7] julio
    [8] agosto
    [9] septiembre
    [10] octubre
    [11] noviembre
   *[12] diciembre
} de { $year }, { $time } UTC
