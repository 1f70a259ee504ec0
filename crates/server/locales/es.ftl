# Las palabras de las páginas en español. What each name is for stands in en.ftl.

skip = Ir al contenido
language-label = Idioma
language-button = Cambiar
reveal-show = Mostrar
reveal-hide = Ocultar
offline = No tiene conexión. No se ha perdido nada: inténtelo de nuevo cuando vuelva.
sign-out = Cerrar sesión
back-to-security = Volver a seguridad
back-to-choice = Elegir otro medio
copied = Copiado
back-to-sign-in = Volver al inicio de sesión
wait-seconds = { $n ->
    [one] { $n } segundo
   *[other] { $n } segundos
}
wait-minutes = { $n ->
    [one] { $n } minuto
   *[other] { $n } minutos
}
wait-hours = { $n ->
    [one] { $n } hora
   *[other] { $n } horas
}

field-email = Correo electrónico
field-password = Contraseña
field-new-password = Contraseña nueva
field-new-password-hint = Al menos 8 caracteres. Varias palabras seguidas se recuerdan bien y se adivinan mal.
field-code = Código
field-recovery-code = Código de recuperación
field-current-password = Contraseña actual
field-new-email = Correo electrónico nuevo
field-phone = Número de móvil
field-phone-hint = Con el signo más y el prefijo del país.
field-name = Nombre
field-label = Nombre (opcional)
field-label-hint = Para distinguirlo de otros, por ejemplo «Mi teléfono».
field-link = Enlace del correo
field-link-hint = Copie el enlace entero y péguelo aquí.

sign-in-title = Iniciar sesión
sign-in-button = Iniciar sesión
sign-in-forgot = ¿Olvidó su contraseña?
sign-in-new = Crear una cuenta

code-title = Escriba su código
code-recovery-title = Usar un código de recuperación
code-recovery-lead = Escriba uno de los códigos que guardó al activar el inicio de sesión en dos pasos. Cada uno sirve una vez.
code-totp-lead = Abra su aplicación de autenticación y escriba los seis dígitos que muestra.
code-totp-named-lead = Abra su aplicación de autenticación y escriba los seis dígitos que muestra para { $label }.
code-sms-lead = Hemos enviado un SMS con un código al
code-sms-unsent = Podemos enviar un SMS con un código al
code-sms-hint = Puede tardar un minuto en llegar.
code-email-lead = Hemos enviado un correo con un código a
code-email-unsent = Podemos enviar un correo con un código a
code-email-hint = Puede tardar un minuto en llegar. Mire también en el correo no deseado.
code-undelivered-lead = No se pudo enviar el código. Use otro medio de abajo o inténtelo más tarde.
code-stage-queued = Está en camino.
code-stage-delayed = Tarda más de lo normal. Seguimos intentándolo.
code-stage-accepted-sms = Entregado a la red telefónica.
code-stage-accepted-email = Entregado al servidor de correo.
code-stage-delivered = Ha llegado.
code-stage-failed = No se pudo entregar el código en
code-delayed-hint = No hace falta esperar: use otro medio de abajo.
code-failed-hint = Use otro medio de abajo o pida otro código.
code-look-again = Comprobar de nuevo
code-button = Continuar
code-send = Enviar un código
code-resend = Enviar otro código
code-resend-wait = Otro código en { $time }
code-remember = Recordar este dispositivo { $days } días
code-remember-hint = Aquí no se le pedirá un código. Hágalo solo en un dispositivo que nadie más use.
code-others = Otros medios
code-others-now = Estos medios funcionan ahora
code-use-totp = Usar su aplicación de autenticación
code-use-totp-named = Usar su aplicación de autenticación ({ $label })
code-use-sms = Recibir un SMS en el
code-use-email = Recibir un correo en
code-use-recovery = Usar un código de recuperación
code-start-over = Iniciar sesión con otra cuenta

hosted-confirm = { $name } le pide que confirme
hosted-cancel = Cancelar y volver a { $name }
hosted-back = Volver a { $name }
hosted-approved-title = Listo
hosted-approved-lead = Ha demostrado que es usted. Continúe en { $name }.
hosted-go-on = Continuar a { $name }
hosted-over-title = Este paso ha terminado
hosted-over-lead = Tardó demasiado, o ya se completó o se abandonó. Vuelva a { $name } e inténtelo de nuevo.
hosted-gone-title = Esta página no se puede abrir aquí
hosted-gone-lead = Pertenece a otro navegador, o su tiempo se ha agotado. Vuelva a donde quería iniciar sesión e inténtelo de nuevo.
hosted-enroll-title = Hace falta un segundo paso
hosted-enroll-lead = { $name } pide un segundo paso al iniciar sesión, y usted todavía no tiene ninguno.

locked-title = El inicio de sesión está en pausa
locked-lead = Esto protege su cuenta de alguien que prueba códigos. Si no fue usted, cambie su contraseña en cuanto haya iniciado sesión.

sign-up-title = Crear una cuenta
sign-up-button = Crear la cuenta
sign-up-known = Ya tengo una cuenta
sign-up-sent = Le hemos enviado un enlace. Ábralo para confirmar que la dirección es suya.
sign-up-again-title = Recibir otro enlace
sign-up-again-lead = Si su cuenta espera confirmación, enviamos el enlace otra vez.
sign-up-again-button = Enviar el enlace otra vez
sign-up-again-link = Enviar el enlace otra vez
sent-title = Mire su correo
sent-hint = Puede tardar un minuto. Mire también en el correo no deseado.

verify-title = Confirme su dirección
verify-lead = Falta un paso: confirme que la dirección de correo es suya.
verify-button = Confirmar la dirección

forgot-title = ¿Olvidó su contraseña?
forgot-lead = Díganos su dirección y le enviaremos un enlace para elegir una contraseña nueva.
forgot-button = Enviar el enlace
forgot-sent = Si hay una cuenta con esta dirección, va en camino un enlace para elegir una contraseña nueva.
forgot-again-link = Enviar otro enlace
reset-title = Elija una contraseña nueva
reset-lead = Se cerrará su sesión en todas partes. Si el inicio de sesión en dos pasos está activado, se le seguirá pidiendo un código.
reset-button = Guardar la contraseña

unlock-title = Desbloquear su cuenta
unlock-lead = Tendrá un intento más para iniciar sesión, durante 15 minutos.
unlock-button = Desbloquear

change-email-title = Confirme su dirección nueva
change-email-lead = Desde entonces iniciará sesión con esta dirección.
change-email-button = Confirmar la dirección

backup-email-title = Confirme su dirección de respaldo
backup-email-lead = Desde entonces recibirá una copia de cada aviso de seguridad. No sirve para iniciar sesión.
backup-email-button = Confirmar la dirección

security-title = Seguridad
glance-on = El inicio de sesión en dos pasos está activado
glance-on-lead = Después de la contraseña se le pide un código. Una contraseña robada no basta para entrar.
glance-off = El inicio de sesión en dos pasos está desactivado
glance-off-lead = Solo su contraseña protege esta cuenta. Con un segundo paso, una contraseña robada no basta para entrar.
glance-not-offered = Los responsables de este servicio lo han desactivado para todos. Lo que haya configurado se conserva.
factors-title = Medios para recibir un código
factor-preferred = Se pide primero
method-totp = Aplicación de autenticación
method-sms = SMS
method-email = Correo
added = Añadido
last-used = Usado
recovery-title = Códigos de recuperación
recovery-left = { $n ->
    [0] No tiene códigos de recuperación.
    [one] Queda un código de recuperación.
   *[other] Quedan { $n } códigos de recuperación.
}
devices-title = Dispositivos recordados
devices-lead = No se les pide un código.
this-device = Este dispositivo
trusted-until = Hasta
sessions-title = Dónde ha iniciado sesión
this-session = Aquí

events-title = Actividad reciente
events-lead = ¿Algo de esto no fue usted?
event-signed-in = Inicio de sesión
event-code-verified = Inicio de sesión con un código
event-code-verified-failed = Código incorrecto al iniciar sesión
event-password-checked-failed = Contraseña incorrecta al iniciar sesión
event-stepped-up-failed = Código o contraseña incorrectos para un cambio
event-recovery-code-used = Se usó un código de recuperación
event-account-locked = Bloqueada tras demasiados códigos incorrectos
event-account-unlocked = Desbloqueada
event-factor-added = Se añadió un medio para recibir códigos
event-factor-removed = Se quitó un medio para recibir códigos
event-two-factor-enabled = Se activó el inicio de sesión en dos pasos
event-two-factor-disabled = Se desactivó el inicio de sesión en dos pasos
event-two-factor-reset = Un administrador restableció el inicio de sesión en dos pasos
event-recovery-codes-made = Se crearon códigos de recuperación nuevos
event-recovery-codes-downloaded = Se guardaron los códigos de recuperación en un archivo
event-trusted-device-added = Se recordó un dispositivo
event-trusted-device-revoked = Se olvidó un dispositivo
event-trusted-device-stolen = Se detectó una copia de un dispositivo recordado
event-password-changed = Se cambió la contraseña
event-password-reset = Se restableció la contraseña por correo
event-email-change-requested = Se pidió un correo electrónico nuevo
event-email-changed = Se cambió el correo electrónico
event-backup-email-requested = Se pidió una dirección de respaldo
event-backup-email-changed = Se cambió la dirección de respaldo
event-backup-email-removed = Se quitó la dirección de respaldo
event-session-ended = Se cerró una sesión
event-refresh-token-reused = Se detectó una copia de una sesión
event-user-disabled = Un administrador desactivó la cuenta
event-user-enabled = Un administrador activó la cuenta
event-signup-requested = Se pidió una cuenta
event-verification-resent = Se volvió a pedir el enlace de registro
event-email-verified = Se confirmó la dirección
event-user-created = Se creó la cuenta
event-user-imported = La cuenta vino de otro sistema
event-password-checked = La contraseña era correcta
event-challenge-started = Se pidió un código
event-enrollment-started = Se está configurando una forma de obtener códigos
event-enrollment-confirmed = Se introdujo un código de configuración
event-preferred-factor-changed = Se pide primero otra forma
event-factor-renamed = Se cambió el nombre de una forma de obtener códigos
event-stepped-up = Se volvió a probar la identidad para un cambio
event-session-refreshed = Una sesión continuó
event-signed-out = Sesión cerrada
event-sessions-ended = Se cerraron sesiones
event-trust-revoked = Se olvidaron todos los dispositivos recordados
event-trusted-device-recognized = Se reconoció un dispositivo recordado
event-trusted-device-rotated = Un dispositivo recordado recibió un secreto nuevo
event-password-reset-requested = Se pidió un enlace para una contraseña nueva
event-user-deleted = Se eliminó la cuenta
event-code-sent = Se debía enviar un código
event-delivery-expired = Un mensaje era demasiado antiguo para enviarse
event-message-dropped = Se descartó un mensaje en espera
event-clock-skew = El reloj del servidor estaba mal
event-challenge-canceled = La aplicación dejó de esperar un código
event-application-added = Se añadió una aplicación
event-api-key-added = Se creó una clave de API
event-api-key-revoked = Se revocó una clave de API
event-database-acknowledged = Se puso en servicio una copia anterior de la base de datos
event-webhook-added = Se añadió un webhook
event-webhook-removed = Se quitó un webhook
event-application-changed = Se cambiaron los ajustes de una aplicación
event-challenge-opened = Se abrió la página del código
event-result-redeemed = La aplicación recogió el resultado
event-role-granted = Se dio una función en la administración
event-role-revoked = Se retiró una función en la administración
event-looked = Consultó personas en la administración
turn-on = Activar
turn-off = Desactivar
change = Cambiar
change-named = Cambiar { $name }
forget = Olvidar
forget-named = Olvidar { $name }
forget-all = Olvidarlos todos
end = Cerrar
end-named = Cerrar la sesión de { $name }
end-others = Cerrar sesión en todas las demás partes
devices-none = Ninguno. Cada inicio de sesión pide un código.
recovery-few = Cree pronto otros nuevos.
recovery-make = Crear códigos nuevos
account-title = Cuenta
security-locked = Alguien escribió demasiados códigos incorrectos. Se volverán a aceptar códigos en { $wait }.

prove-title = Confirme que es usted
prove-then-forget = Después se olvidará el dispositivo.
prove-then-forget-all = Después se olvidarán todos los dispositivos.
prove-sent = Hemos enviado un código a
prove-send-lead = Pida que se le envíe un código y escríbalo aquí.
prove-recovery-hint = También sirve un código de recuperación.
prove-password-lead = Escriba otra vez su contraseña antes de este cambio.

add-title = Añadir un medio
add-first-title = Activar el inicio de sesión en dos pasos
add-lead = ¿Cómo quiere recibir sus códigos?
add-none = Ahora no se puede añadir nada. Pregunte a los responsables de este servicio.
safety-totp = El más seguro
safety-sms = Menos seguro
safety-email = El menos seguro
choice-totp = Una aplicación de su teléfono muestra los códigos, también sin red.
choice-sms = Enviamos los códigos a su teléfono.
choice-email = Enviamos los códigos a un correo electrónico.
add-totp-title = Usar una aplicación de autenticación
add-totp-lead = Necesita una aplicación que muestre códigos, como la de su gestor de contraseñas. Ábrala y siga.
add-totp-button = Seguir
add-sms-title = Recibir códigos por SMS
add-sms-lead = Enviamos un código a este número, ahora y en cada inicio de sesión.
add-sms-button = Enviar un código
add-email-title = Recibir códigos por correo
add-email-lead = Enviamos un código a esta dirección, ahora y en cada inicio de sesión.
add-email-button = Enviar un código
risk-sms = Los SMS se pueden interceptar, y los números, robar.
risk-email = Quien lee su correo también puede restablecer su contraseña: esto protege poco.
risk-other = Una aplicación es más segura.
set-up-title = Escriba el código
set-up-scan-title = Escanee esta imagen
set-up-scan-lead = Escanéela con su aplicación de autenticación. Después escriba los seis dígitos que muestra.
set-up-qr = Código QR que añade esta cuenta a su aplicación de autenticación. La misma clave está debajo como texto.
set-up-cannot-scan = ¿No puede escanearla?
set-up-key-lead = Escriba esta clave en su aplicación. Los espacios no importan.
set-up-open-app = Abrirla en una aplicación de este dispositivo
set-up-button = Confirmar
copy-key = Copiar la clave

recovery-make-title = Crear códigos de recuperación nuevos
recovery-make-lead = Los códigos nuevos sustituyen a los anteriores, que dejan de servir.
recovery-make-button = Crear códigos nuevos
recovery-new-title = Guarde sus códigos de recuperación
recovery-new-lead = Si pierde su teléfono, con uno de estos entra. Cada uno sirve una vez.
recovery-new-warning = Solo se muestran ahora. Guárdelos donde nadie más los encuentre, y no solo en su teléfono.
recovery-saved = Los he guardado
copy-codes = Copiar
save-txt = Guardar como texto
save-pdf = Guardar como PDF
print = Imprimir

remember-title = Recordar este dispositivo
remember-lead = Durante { $days } días no se le pedirá aquí un código. Hágalo solo en un dispositivo que nadie más use.
remember-button = Recordarlo
remember-not-now = Ahora no

factor-rename = Guardar el nombre
factor-prefer = Pedir este primero
factor-remove-title = Quitarlo
factor-remove-lead = Ya no servirá para iniciar sesión. Se cerrará su sesión en todas las demás partes.
factor-remove-last = Es su único medio para recibir un código.
factor-remove = Quitar

password-title = Cambiar la contraseña
password-lead = Aquí seguirá con la sesión iniciada; en las demás partes se cerrará.
password-button = Guardar la contraseña
email-title = Cambiar el correo electrónico
email-lead = Su dirección es
email-hint = Enviamos allí un enlace. Nada cambia antes de que lo abra.
email-button = Enviar el enlace

backup-title = Dirección de respaldo
backup-lead = Una copia de cada aviso de seguridad va a una segunda dirección, para que se entere aunque alguien se apodere de la primera. No sirve para iniciar sesión.
backup-current = Las copias van a
backup-remove = No enviar más copias

off-title = Desactivar el inicio de sesión en dos pasos
off-lead = Solo su contraseña protegerá su cuenta. Se quitarán sus medios para recibir códigos, los códigos de recuperación y los dispositivos recordados.

said-signed-out = Ha cerrado la sesión.
said-session-over = Su sesión ha terminado. Vuelva a iniciarla.
said-verified = Su dirección está confirmada. Ya puede iniciar sesión.
said-password-reset = Su contraseña nueva está guardada. Inicie sesión con ella.
said-unlocked = Tiene un intento más. Inicie sesión con su contraseña y un código.
said-email-changed = Su dirección nueva está confirmada. Úsela desde ahora para iniciar sesión.
said-password-changed = Su contraseña está cambiada.
said-email-change-sent = Hemos enviado un enlace a la dirección nueva. Ábralo para terminar el cambio.
said-set-up-over = Esa configuración ha terminado. Empiece de nuevo.
said-added = Listo: ya puede usarlo.
said-renamed = El nombre está cambiado.
said-preferred = Se le pedirá este primero.
said-removed = Está quitado.
said-off = El inicio de sesión en dos pasos está desactivado.
said-codes-saved = Sus códigos de recuperación están listos. Guárdelos bien.
said-codes-gone = Estos códigos ya no se pueden mostrar. Cree otros nuevos si no los ha guardado.
said-forgotten = El dispositivo está olvidado. Su próximo inicio de sesión pedirá un código.
said-all-forgotten = Todos los dispositivos están olvidados. El próximo inicio de sesión pedirá un código.
said-ended = La sesión está cerrada.
said-others-ended = Se ha cerrado su sesión en todas las demás partes.
said-remembered = Este dispositivo está recordado.
said-notices-copied = Su dirección de respaldo está confirmada.
said-backup-email-sent = Hemos enviado un enlace a la dirección de respaldo. Ábralo para terminar.
said-notices-ended = Ya no se envían copias de los avisos.
said-challenge-over = Ha tardado demasiado. Inicie sesión otra vez para recibir un código nuevo.
said-too-many = Demasiados códigos incorrectos. Empiece de nuevo.
said-start-again = Ese inicio de sesión ha terminado. Empiece de nuevo.

trouble-title = Problema:
trouble-label-missing = Póngale primero un nombre.
trouble-phone-malformed = Eso no es un número de teléfono. Ejemplo: +34 612 34 56 78.
trouble-phone-invalid = Ese número no existe. Revise el prefijo del país y los dígitos.
trouble-phone-short-number = No podemos enviar códigos a números cortos.
trouble-phone-premium-rate = No podemos enviar códigos a números de tarificación especial.
trouble-phone-not-of-a-country = No podemos enviar códigos a números de este tipo.
trouble-phone-country-not-served = No podemos enviar mensajes de texto a este país. Use en su lugar una aplicación de autenticación.
trouble-phone-personal-number = No podemos enviar códigos a números de este tipo.
trouble-phone-not-mobile = Este no es un número de móvil. Solo enviamos SMS a móviles.
trouble-phone-shared-number = Este número ya lo usan tantas cuentas como pueden compartirlo. Use otro número o una aplicación de autenticación.
trouble-attempts-left = { $n ->
    [0] No queda ningún intento.
    [one] Queda un intento.
   *[other] Quedan { $n } intentos.
}
trouble-credentials = El correo electrónico o la contraseña no es correcto.
trouble-unverified = Confirme primero su dirección: abra el enlace del correo que le enviamos.
trouble-email-malformed = Eso no es un correo electrónico. Ejemplo: nombre@example.com.
trouble-email-too-long = Esa dirección es demasiado larga.
trouble-email-not-ascii = Aún no aceptamos direcciones con letras que no sean de la a a la z.
trouble-email-same-address = Es la dirección con la que inicia sesión. Elija otra.
trouble-password-too-short = La contraseña es demasiado corta: necesita al menos 8 caracteres.
trouble-password-too-long = La contraseña es demasiado larga: puede tener hasta 1024 caracteres.
trouble-password-too-common = Demasiada gente usa esta contraseña, así que es fácil de adivinar. Elija otra.
trouble-code-missing = Escriba primero el código.
trouble-code = Ese código no es correcto.
trouble-code-used = Ese código ya se usó. Espere al siguiente.
trouble-recovery-used = Ese código de recuperación ya se usó. Tome otro.
trouble-code-expired = Ese código es demasiado antiguo. Use el más reciente o pida otro.
trouble-clock-behind = El reloj de su teléfono va atrasado: { $skew }. Ponga la hora en automático y use el código siguiente.
trouble-clock-ahead = El reloj de su teléfono va adelantado: { $skew }. Ponga la hora en automático y use el código siguiente.
trouble-too-many = Hubo demasiados intentos incorrectos. Inténtelo de nuevo en { $wait }.
trouble-spent = Hubo demasiados códigos incorrectos. Empiece de nuevo.
trouble-locked = Se escribieron demasiados códigos incorrectos. Inténtelo de nuevo en { $wait } o abra el enlace del correo que le enviamos.
trouble-stopped = Se escribieron demasiados códigos incorrectos. Abra el enlace del correo que le enviamos para desbloquear su cuenta.
trouble-cooldown = Se envió un código hace un momento. Podrá recibir otro en { $wait }.
trouble-send-limit = Por ahora no podemos enviar más códigos. Podrá recibir otro en { $wait }, o use otro medio.
trouble-undeliverable = Ahora no se puede enviar el código. Use otro medio o inténtelo más tarde.
trouble-link = Este enlace ya no sirve. Ya se usó o ha caducado.
trouble-step-up = Confirme primero que es usted.
trouble-already = No hay sitio para otro, o ya tiene este.
trouble-no-set-up = Esta configuración ha terminado. Empiece de nuevo.
trouble-last = Es su único medio para recibir un código. Desactive el inicio de sesión en dos pasos.
trouble-codes-gone = Los códigos ya no se pueden mostrar. Cree otros nuevos.
trouble-off = Esto está desactivado aquí.
trouble-busy = Ahora no podemos responder. Inténtelo de nuevo en un momento.

problem-missing-title = Aquí no hay nada
problem-missing = La dirección es incorrecta, o lo que había aquí ya no está.
problem-foreign-title = Eso vino de otro sitio
problem-foreign = Por su seguridad solo hacemos lo que pide en nuestras propias páginas. Vuelva atrás e inténtelo desde aquí.
problem-off-title = No disponible
problem-busy-title = Un momento, por favor
problem-internal-title = Algo ha fallado
problem-internal = La culpa es nuestra, no suya, y no se ha cambiado nada. Inténtelo de nuevo.
problem-request-title = No ha funcionado
problem-request = No se pudo leer el formulario. Vuelva atrás e inténtelo otra vez.
problem-reference = Si sigue así, diga a los responsables de este servicio:
problem-home = Seguir

welcome-title = Le damos la bienvenida
welcome-lead = Se le ha invitado a la administración. Elija una contraseña; después configurará un segundo paso para iniciar sesión.
said-welcome = Su contraseña está guardada. Inicie sesión con ella y configure después un segundo paso.
problem-role-title = No es para su función
problem-role = Esto requiere otra función. Pídaselo a quien la tenga.
admin-title = Administración
admin-people-title = Personas
admin-role-viewer = Consulta
admin-role-support = Soporte
admin-role-administrator = Administrador
admin-search-label = Dirección o identificador
admin-search-hint = Basta el comienzo. El nombre que da una aplicación a su usuario empieza por id:
admin-looks-hint = Cada consulta queda registrada.
admin-search-button = Buscar
admin-found-title = Resultados
admin-found-none = No se encuentra a nadie.
admin-more = Mostrar más
admin-state-disabled = Desactivada
admin-state-stopped = Detenida tras códigos incorrectos
admin-state-locked = Bloqueada
admin-state-unguarded = Sin segundo paso
admin-state-invited = Invitada, aún sin contraseña
admin-state-guarded = Protegida por un segundo paso
admin-advice-disabled = Quien gestiona este servicio desactivó la cuenta. Nadie inicia sesión con ella.
admin-advice-stopped = Demasiados códigos incorrectos seguidos. Seguirá así hasta que se desbloquee. Pregunte antes a la persona si fue ella.
admin-advice-locked = Demasiados códigos incorrectos en una hora. Se abre solo después. Mire abajo de dónde vinieron: si fue la persona, lo más común es un reloj desajustado.
admin-advice-unguarded = Basta la contraseña para entrar. Recuerde a la persona que configure un segundo paso.
admin-advice-invited = El enlace de la invitación es el único acceso.
admin-advice-guarded = Se entra con contraseña y segundo paso. Abajo se cuenta lo intentado últimamente.
admin-factor-title = Primero un segundo paso
admin-factor-lead = La administración solo se abre a quien inicia sesión con una aplicación de autenticación o un SMS. Un código por correo no cuenta aquí.
admin-factor-button = Configurar
admin-factor-again = Ya está
admin-since = Desde
admin-wrong-codes = { $n ->
    [one] Cuenta un código incorrecto en este momento.
   *[other] Cuentan { $n } códigos incorrectos en este momento.
}
admin-usable-title = Lo que puede usar ahora
admin-no-factors = No hay segundo paso.
admin-backup = Las copias de los avisos van a
admin-story-title = Lo que pasó
admin-story-empty = Aún no ha pasado nada.
admin-failed = Falló
admin-by = por
admin-older = Lo anterior
admin-newest = Volver a lo más reciente
admin-ids = Identificadores
admin-id-user = Cuenta
admin-id-person = En el registro
delivery-queued = Un mensaje se puso en camino
delivery-tried = Un intento de entrega falló
delivery-put-off = Se intentará de nuevo
delivery-accepted = Se entregó al transporte
delivery-sent = Salió a la red
delivery-delivered = Llegó
delivery-failed = No llegó
admin-state-password-only = Sin segundo paso
admin-advice-password-only = Basta la contraseña para entrar. Recuerde a la persona que configure un segundo paso.
admin-recovery-codes = { $n ->
    [one] Queda un código de recuperación.
   *[other] Quedan { $n } códigos de recuperación.
}
admin-sessions-title = Dónde tiene la sesión abierta
admin-locked-until = Bloqueada hasta
admin-help-title = Qué puede hacer
admin-help-lead = Cada acto queda anotado con su nombre y su motivo, y se avisa a la persona.
admin-help-unlock = Desbloquear
admin-help-end-sessions = Cerrar todas las sesiones
admin-help-forget-devices = Olvidar dispositivos
admin-help-start-over = Empezar de nuevo
admin-help-about-unlock = Se levanta un bloqueo o una parada por códigos incorrectos, y la persona vuelve a tener todos sus intentos. Si no fue ella, son otros tantos intentos para otra persona: pregunte primero.
admin-help-about-end-sessions = Terminan todas las sesiones y se vuelve a pedir un código a los dispositivos recordados. El segundo paso queda como está.
admin-help-about-forget-devices = Se vuelve a pedir un código a los dispositivos recordados. Las sesiones siguen abiertas.
admin-help-about-start-over = Retira todas las formas de dar un código, los códigos de recuperación, todas las sesiones y los dispositivos recordados. La contraseña anterior tampoco sirve ya. Se envía un enlace a la dirección de la persona; funciona una vez, durante una hora, y lleva a una contraseña nueva y a un nuevo segundo paso. Usted no ve ni el enlace ni la contraseña. Asegúrese de con quién habla.
admin-help-about-start-over-elsewhere = Retira todas las formas de dar un código, los códigos de recuperación, todas las sesiones y los dispositivos recordados. La aplicación de la persona le da acceso solo con la contraseña hasta que se configure un nuevo segundo paso. Asegúrese de con quién habla.
admin-reason = Motivo
admin-reason-hint = Una línea, para el registro de auditoría. La persona no la ve.
trouble-reason-missing = Diga por qué.
admin-back = Volver a la persona
said-helped-unlock = Se levantó el bloqueo.
said-helped-end-sessions = Terminaron todas las sesiones.
said-helped-forget-devices = Se vuelve a pedir un código a los dispositivos.
said-helped-start-over = Se retiró el segundo paso.
said-nothing-to-do = No había nada que hacer.
start-over-title = Configure de nuevo su acceso
start-over-lead = Elija una contraseña nueva. Después de entrar con ella configurará un nuevo segundo paso.
