# Consola de Openline, español. Frases cortas; decir qué pasó y qué hacer.
# «Persona», nunca «usuario» ni «beneficiario», para quien escribe a una línea.

## Sign in
sign-in = Entrar
signing-in = Entrando…
sign-in-wrong = El correo o la contraseña no son correctos. Revíselos e inténtelo de nuevo.
sign-in-help = ¿Sin cuenta, o no puede entrar? Pregunte a su administrador.
session-ended = Su sesión terminó. Entre de nuevo; lo que estaba escribiendo se conserva.
sign-out = Salir
email = Correo electrónico
password = Contraseña
password-show = Mostrar
language = Idioma

## Frame
offline = Sin conexión. Su texto se conserva.
start-failed = La consola no puede empezar
try-again = Intentar de nuevo
no-line = No tiene acceso a ninguna línea
no-line-do = Pida a su administrador un rol en una línea.
not-here = Esta página no está aquí
not-here-do = No existe, o sus roles no la abren.
to-start = Ir al inicio
menu = Menú
menu-main = Menú principal
line = Línea
undo = Deshacer
undone = Deshecho.
dismiss = Cerrar el aviso
cancel = Cancelar
dialog-close = Cerrar esta ventana
loading = Cargando…
more = Mostrar más
refresh = Actualizar
commands = Órdenes
pick-narrow = Escriba para acortar la lista
pick-none = Nada coincide. Escriba otra cosa.
skip-to-thread = Ir a la conversación
available-go = Pulse para ausentarse: sin conversaciones nuevas
away-back = Pulse para recibir conversaciones nuevas
available-now = Disponible
away-now = Ausente

place-inbox = Bandeja
place-health = Estado
place-audit = Auditoría
place-users = Usuarios
place-you = Pantalla y teclas

## Queue
views = Vistas
view-mine = Mías
view-waiting = En espera
view-all = Todas
view-urgent = Urgentes
view-closed = Cerradas
search = Buscar en esta lista
search-hint = Buscar en esta lista  /
search-none = Ninguna conversación de esta lista tiene esas palabras.
search-clear = Borrar la búsqueda
search-so-far = { $n ->
    [one] Se buscó en una conversación.
   *[other] Se buscó en { $n } conversaciones.
}
search-going = Sigue buscando…
search-further = Buscar en anteriores
conversations = Conversaciones
row-waiting = espera
row-last = último mensaje
row-unread = sin leer
row-answering = Responde: { $names }
row-snoozed-reply = hasta que escriba
row-you = Usted
no-name = (sin nombre) { $masked }
no-name-webchat = (sin nombre) Chat web
empty-mine = No tiene conversaciones. Tome una de «En espera».
empty-waiting = Nadie está esperando.
empty-all = Todavía no hay conversaciones. Aparecen aquí en cuanto una persona pide hablar con alguien.
empty-urgent = No hay nada urgente abierto para usted.
empty-closed = Todavía no se ha cerrado ninguna conversación.
empty-see-all = { $n ->
    [one] Ver la única conversación abierta
   *[other] Ver las { $n } conversaciones abiertas
}
age-now = ahora
age-minutes = { $n } min
age-hours = { $n } h
age-days = { $n } d

## Conversation
conversation = Conversación
choose-one = Elija una conversación de la lista.
choose-one-keys = j y k recorren la lista, Intro abre, ? muestra todas las teclas.
back-to-list = Volver a la lista
actions = Acciones
actions-more = Más
take = Tomar
take-over = Tomar el relevo
assign = Asignar
topic = Tema
snooze = Posponer
refer = Derivar
close = Cerrar
reopen = Reabrir
person = Persona
person-of = Persona: { $name }
person-close = Volver a la conversación
restricted = Solo puntos focales de protección
head-waiting = espera desde hace { $age }
head-mine = la atiende usted
head-with = la atiende { $name }
head-snoozed = pospuesta hasta { $until }
head-snoozed-reply = pospuesta hasta que escriba
status-word-waiting = en espera
status-word-assigned = en curso
status-word-snoozed = pospuesta
status-word-closed = cerrada
thread-of = Mensajes con { $name }
earlier-messages = Mostrar mensajes anteriores
new-messages = Mensajes nuevos
bot-part = Conversación automática hasta { $until } ({ $n } mensajes)
choices = Opciones ofrecidas
author-bot = Automático
author-you = Usted
author-staff = Alguien del equipo
note-by = Nota, solo el equipo — { $who }
use-again = Usar este texto otra vez

status-queued = en cola de envío
status-sending = enviando
status-sent = enviado
status-delivered = entregado
status-read = leído
status-failed = No entregado.
status-failed-why = El canal rechazó este mensaje.
status-unknown = No se sabe si llegó.
status-unknown-why = No se envía otra vez por sí solo. Pregunte a la persona antes de repetirlo.
status-cancelled = No enviado.
status-cancelled-why = Se canceló antes de salir.
out-sending = Enviando…
out-waiting = Esperando la conexión. Se enviará una sola vez.
out-take-back = Recuperar el texto

event-opened = Se abrió la conversación
event-handed_over = Pasó al equipo
event-taken = Conversación tomada: { $who }
event-assigned = Conversación asignada por: { $who }
event-unassigned = Conversación devuelta a la cola por: { $who }
event-closed = Conversación cerrada: { $who }
event-reopened = Conversación reabierta: { $who }
event-referred = Derivada como urgente por: { $who }
event-topic = Tema puesto por: { $who }
event-snoozed = Conversación pospuesta: { $who }
event-unsnoozed = La conversación volvió a la cola
event-revealed = Número oculto visto por: { $who }
event-triaged = Se encontró una palabra de peligro: { $kind }
event-satisfaction = Respuesta de la persona sobre la ayuda: { $category }
event-other = { $who }: { $type }

file-image = Foto
file-audio = Mensaje de voz
file-video = Vídeo
file-file = Archivo
file-show = { $file } – mostrar
file-save = { $file } – guardar
file-not-kept = { $file } (no disponible)
file-waiting = { $file } – se está descargando…
file-given-up = { $file } – no se pudo obtener
file-again = Intentar de nuevo
file-becomes-as-is = Sale tal cual, { $size }
file-becomes-picture = Sale como { $kind }, { $width } × { $height }, { $size }
file-becomes-other = Sale como { $kind }, { $size }
file-becomes-link = { $channel } no lo lleva: la persona recibe un enlace ({ $size })
file-describe = Qué contiene (se envía con el archivo; opcional)
file-queued = Espera su turno
file-sending = { $share } enviado al servidor
file-looked-at = Preparándolo para el canal de la persona…
file-progress = Progreso de { $name }
file-remove = Quitar
file-stop = Parar
files-add = Añadir archivos
files-of-reply = Archivos de esta respuesta
files-stuck = Un archivo no se puede enviar. Quítelo para enviar la respuesta.
files-too-many = Una respuesta lleva como máximo { $n } archivos.
file-why-unreadable-picture = Este servidor no puede leer imágenes de este tipo y por eso no puede borrar el lugar donde se tomó. Guárdela como JPEG.
file-why-no-converter = El canal de la persona no reproduce este tipo de sonido y este servidor no puede convertirlo. Use MP3 u Ogg.
file-why-damaged = El archivo está dañado o no es lo que dice su nombre.
file-why-too-many-pixels = La imagen tiene demasiados píxeles. Redúzcala primero.
file-why-too-large = El archivo es demasiado grande.
file-why-too-slow = Convertir este archivo tardó demasiado.
file-why-on-a-call = Una llamada telefónica no lleva archivos.
file-why-kind = Los archivos de este tipo no se envían a las personas.
file-why-empty = El archivo está vacío.
problem-file-refused = Un archivo no se puede enviar por el canal de esta persona. Quítelo o elija otro.
problem-too-many-files = Hay demasiados archivos en espera en esta conversación. Quite algunos.
picture-clear = Ver con nitidez
picture-blur = Difuminar

## Writing
reply-or-note = Respuesta o nota
reply = Respuesta
note = Nota
send = Enviar
reply-left = { $n ->
    [one] cabe 1 carácter más
   *[other] caben { $n } caracteres más
}
reply-split = Sale en { $n } mensajes
note-add = Añadir nota
reply-write = Escriba una respuesta
reply-hint = Escriba una respuesta.  / para respuestas guardadas
note-write = Escriba una nota
note-hint = Escriba una nota para su equipo.
note-only-staff = Solo la ve el equipo.
saved-replies = Respuestas guardadas
saved-empty = Esta línea no tiene respuestas guardadas.
by-channel = Por { $channel }
window-open = { $channel }: quedan { $left } para responder libremente
window-closed = { $channel }: terminó el tiempo para responder libremente
window-closed-hint = Podrá responder cuando la persona escriba. Mientras tanto, deje una nota para su equipo.
left-minutes = { $minutes } min
left-hours = { $hours } h { $minutes } min
left-days = { $days ->
    [one] { $days } día
   *[other] { $days } días
}
closed-no-reply = Esta conversación está cerrada. Reábrala para responder.
take-to-reply = Tome esta conversación para responder.
may-not-reply = Puede leer esta conversación, pero no responder.
also-writing = { $n ->
    [one] { $names } está escribiendo una respuesta
   *[other] { $names } están escribiendo respuestas
}
also-reading = { $n ->
    [one] { $names } también lee esta conversación
   *[other] { $names } también leen esta conversación
}
moved-title = Deténgase y mire: otra persona escribió
moved-explain = Esto llegó después de que usted empezó a escribir:
moved-yours = Su texto, aún sin enviar:
moved-back = Volver a mi texto
moved-send = Enviarlo de todos modos

## What was done
did-take = La conversación es suya.
did-assign = Asignada a { $name }.
did-unassign = De vuelta en la cola.
did-topic = Tema: { $name }.
did-snooze = Pospuesta hasta { $until }.
did-snooze-reply = Pospuesta hasta que la persona escriba.
did-close = Cerrada.
did-reopen = Reabierta.
did-refer = Derivada. Los puntos focales de protección ya la ven.

## Dialogs
assign-title = Asignar a
assign-me = { $name } (usted)
assign-nobody = Nadie
assign-nobody-detail = De vuelta a la cola
available = disponible
away = ausente
team-empty = Nadie más trabaja en esta línea.
topic-title = Tema de esta conversación
topics-empty = Esta línea no tiene temas.
snooze-title = Posponer hasta
snooze-explain = Vuelve a esa hora, o en cuanto la persona escriba.
snooze-reply = La persona escriba
snooze-hour = Dentro de una hora
snooze-three = Dentro de tres horas
snooze-tomorrow = Mañana por la mañana
snooze-week = Dentro de una semana
snooze-own = A otra hora
snooze-set = Posponer
refer-title = Derivar con urgencia
refer-explain = La conversación pasa a ser urgente. Desde entonces solo la ven los puntos focales de protección.
refer-kind = ¿De qué se trata?
refer-choose = Elija una
refer-note = ¿Qué deben saber?
refer-confirm = Derivar con urgencia
triage-violence = Violencia
triage-abuse = Abuso
triage-sexual_violence = Violencia sexual
triage-self_harm = Autolesión
triage-trafficking = Trata
triage-missing_child = Menor desaparecido
triage-detention = Detención

## Person
language-chosen = elegido
not-known = no se sabe
identities = Cómo comunicarse con esta persona
identity-phone = Teléfono
identity-tel = Teléfono
identity-whatsapp = WhatsApp
identity-bsuid = Id de WhatsApp
identity-webchat = Chat web
identity-email = Correo electrónico
show-recorded = Ver (queda registrado)
reveal-title = Ver el número completo
reveal-explain = Quién miró, cuándo y por qué queda en la auditoría. Se oculta de nuevo tras poco tiempo.
reveal-reason = ¿Para qué lo necesita?
reveal-example = Por ejemplo: devolver la llamada, la persona lo pidió
reveal-show = Ver
consent = Consentimiento
consent-given = Aceptó el aviso.
consent-declined = No aceptó. Responda solo preguntas generales; no se guarda nada personal.
consent-not_asked = Aún no se le preguntó. No se guarda nada personal hasta que acepte.
consent-vital_interest = Sin consentimiento todavía. Se conserva porque una vida corre peligro.
consent-version = Aviso de { $version }
consent-when = { $day }, por { $channel }
learnt = Lo que la persona contó a la parte automática
earlier = Conversaciones anteriores
earlier-none = Esta es la primera.
no-topic = sin tema
channel-whatsapp = WhatsApp
channel-whatsapp_cloud = WhatsApp
channel-sms = SMS
channel-voice = Teléfono
channel-telegram = Telegram
channel-viber = Viber
channel-messenger = Messenger
channel-instagram = Instagram
channel-line = LINE
channel-wechat = WeChat
channel-slack = Slack
channel-other = Otro
channel-twilio = SMS
channel-webchat = Chat web

## Keys
keys = Teclado
keys-explain = Las teclas sueltas solo actúan fuera de los campos de texto. Las teclas con Ctrl actúan en todas partes.
keys-on = Usar teclas sueltas
key-next = Conversación siguiente
key-previous = Conversación anterior
key-open = Abrir
key-back = Volver
key-search = Buscar en la lista
key-commands = Órdenes
key-reply = Escribir una respuesta
key-note = Escribir una nota
key-send = Enviar
key-take = Tomar la conversación
key-assign = Asignar
key-topic = Poner el tema
key-snooze = Posponer hasta que la persona escriba
key-snooze-menu = Posponer hasta una hora
key-refer = Derivar con urgencia
key-close = Cerrar la conversación
key-mine = Mi primera a novena conversación
key-go-inbox = Ir a la bandeja
key-go-settings = Ir a los ajustes
key-help = Mostrar estas teclas

## Settings
language-console = Idioma de la consola
theme = Colores
theme-system = Como el dispositivo
theme-light = Claro
theme-dark = Oscuro
announce = Que el lector de pantalla lea los mensajes nuevos

health-explain = Si los mensajes entran y salen en esta línea.
channels = Canales
channels-none = Aún no hay canales conectados. Añada uno en «Canales».
channel-fine = Funciona
channel-trouble = Hay que mirarlo
device = Teléfono
edited = cambiado por la persona
before-edit = Antes del cambio
last-in = Último mensaje recibido
ago = hace { $age }
never = nunca
queued = En cola de envío
failed-day = Fallidos en 24 horas
unknown-sent = No se sabe si salieron
webhook = Webhook
flows-stopped = Flujos detenidos por un límite en 24 horas: { $n }. Los autores de flujos ven cuáles y qué hacer.
set-aside = Apartados
set-aside-explain = Lo que no se pudo tratar o leer se guarda aquí, sin mostrar su contenido. Repítalo cuando la causa esté resuelta.
set-aside-counts = { $events } sucesos que fallaron, { $raw } solicitudes que no se pudieron leer
set-aside-none = No hay nada apartado.
aside-event = Suceso que falló
aside-raw = Solicitud que no se pudo leer
attempts = { $n ->
    [one] { $n } intento
   *[other] { $n } intentos
}
replay = Repetir
discard = Descartar
did-replay = Se está tratando de nuevo.
did-discard = Descartado.
discard-title = ¿Descartar para siempre?
discard-explain = Lo que entregó el proveedor se borra y no se puede recuperar. Si había un mensaje dentro, se pierde.

audit-explain = Quién hizo qué, y cuándo. Aquí nada se puede cambiar.
audit-none = Aún no se ha registrado nada.
audit-at = Cuándo
audit-actor = Quién
audit-verb = Hizo
audit-noun = A qué
audit-detail = Detalle
audit-system = El sistema
verb-read = miró
verb-reply = respondió
verb-note = escribió una nota
verb-assign = asignó
verb-close = cerró
verb-refer = derivó
verb-reopen = reabrió
verb-snooze = pospuso
verb-take = tomó
verb-topic = puso el tema
verb-reveal = vio el número
verb-sign_in = entró
verb-sign_out = salió
verb-create = añadió
verb-change = cambió
verb-replay = repitió
verb-discard = descartó
noun-conversation = conversación
noun-session = sesión
noun-user = usuario
noun-person = persona
noun-contact = persona
noun-identity = identidad
noun-line = línea

users-explain = Quién trabaja aquí, y en qué líneas.
user-add = Añadir usuario
user-name = Nombre
user-password = Primera contraseña
user-password-help = Al menos { $n } caracteres. Dígala en persona o por teléfono, no por correo.
roles = Roles
role-agent = Agente
    .sees = responde a personas en esta línea
role-line_manager = Responsable de línea
    .sees = cola, tiempos de espera, estado
role-flow_author = Autor de flujos
    .sees = flujos e idiomas, ningún mensaje
role-cash_reviewer = Revisor de efectivo
    .sees = casos de efectivo
role-protection_focal_point = Punto focal de protección
    .sees = conversaciones urgentes y restringidas
role-data_protection_officer = Delegado de protección de datos
    .sees = consentimientos y auditoría
role-administrator = Administrador
    .sees = usuarios, canales, flujos, estado
roles-edit = Roles
roles-edit-name = Cambiar los roles de { $name }
roles-of = Roles de { $name }
roles-explain = El cambio vale desde el próximo clic. Queda registrado en la auditoría.
roles-save = Guardar los roles
did-roles = Los roles de { $name } han cambiado.
no-roles = Sin roles
every-line = todas las líneas
user-inactive = Desactivado
deactivate = Desactivar
deactivate-name = Desactivar a { $name }
deactivate-title = ¿Desactivar a { $name }?
deactivate-explain = Su sesión se cierra en el acto y no podrá entrar. Lo que hizo queda en la auditoría.
activate = Activar
activate-name = Activar a { $name }
did-add-user = { $name } ya puede entrar.
did-activate = { $name } puede entrar de nuevo.
did-deactivate = { $name } ya no puede entrar.

## Flows
place-flows = Flujos
key-go-flows = Ir a los flujos
flows-pages = Páginas de los flujos
flows-list = Flujos
flows-draft = Borrador
flows-tests = Conversaciones guardadas
flows-simulator = Simulador
flows-tab-list = Publicados
flows-tab-draft = Borrador
flows-tab-tests = Conversaciones guardadas
flows-tab-simulator = Simulador
flows-published = Flujos publicados
flows-none = Aún no hay flujos publicados. Importe una exportación de RapidPro o TextIt.
flows-version = Versión { $version }, { $n ->
    [one] { $n } flujo
   *[other] { $n } flujos
}
flows-find = Buscar un flujo
flow-gone = Un flujo que ya no está
flow-nodes = { $n ->
    [one] { $n } paso
   *[other] { $n } pasos
}
flow-problems = { $n ->
    [one] { $n } problema
   *[other] { $n } problemas
}
flow-try = Probar
flow-type-messaging = Mensajes
flow-type-messaging_background = En segundo plano
flow-type-messaging_offline = Sin conexión
flow-type-voice = Voz

stopped-title = { $n ->
    [one] Un límite detuvo un flujo una vez
   *[other] Los límites detuvieron flujos { $n } veces
}
stopped-explain = La persona no recibió más respuestas de este flujo. Corrija el flujo e impórtelo de nuevo.
trouble-title = { $n ->
    [one] Un problema mientras corrían los flujos
   *[other] { $n } problemas mientras corrían los flujos
}
trouble-when = { $n ->
    [one] una vez, hace { $age }
   *[other] { $n } veces, la última hace { $age }
}
trouble-try = Probar este flujo
limit-steps = Qué hacer: el flujo da demasiados pasos antes de esperar a la persona; quizá da vueltas sin preguntar. Ponga una pregunta, o una salida.
limit-calls = Qué hacer: el flujo llama demasiadas veces a otros servicios antes de esperar a la persona. Pregunte una vez y guarde la respuesta.
limit-sprints = Qué hacer: la charla tiene demasiadas preguntas. Divida el flujo y deje que termine.
limit-runs = Qué hacer: el flujo inicia demasiados flujos. Busque flujos que se inician uno a otro.
limit-other = Qué hacer: pruebe el flujo en el simulador, encuentre el lugar y corríjalo.

import-title = Importar de RapidPro o TextIt
import-explain = Elija un archivo de exportación (JSON). Será un borrador: quien escribe a la línea no nota nada hasta que lo publique.
import-replaces = Ya hay un borrador. Una importación lo reemplaza.
import-choose = Elegir un archivo
import-started = El archivo se está enviando.
import-sending = Enviando { $file }: { $percent } % de { $size }
import-reading = El archivo llegó. Se está leyendo…
import-stop = Detener
did-import = Importado como borrador.

draft-waits = Hay un borrador en espera
draft-look = Ver el borrador
draft-made = importado por { $who }, { $at }
draft-counts = { $added } nuevos, { $changed } cambiados, { $same } sin cambios.
draft-errors = { $n ->
    [one] { $n } error
   *[other] { $n } errores
}
draft-none = No hay borrador. Importe antes un archivo.
draft-try = Probar en el simulador
draft-discard = Descartar el borrador
draft-discard-title = ¿Descartar el borrador?
draft-discard-explain = Lo importado se borra. Los flujos publicados quedan como están.
did-discard-draft = El borrador ya no está.
change-new = nuevo
change-changed = cambiado
change-same = sin cambios
changes-title = Qué cambia
changes-all = Todos los cambios
changes-new = Nuevos
changes-changed = Cambiados
changes-same = Sin cambios
changes-none = Aquí no hay nada.
check-errors = { $n ->
    [one] Un error impide publicar. Corríjalo en el editor e importe de nuevo.
   *[other] { $n } errores impiden publicar. Corríjalos en el editor e importe de nuevo.
}
check-no-errors = Sin errores en los flujos.
check-warnings = { $n ->
    [one] { $n } aviso
   *[other] { $n } avisos
}
check-not-run = Las conversaciones guardadas aún no se probaron con este borrador. Se prueban al publicar.
check-no-tests = Aún no hay conversaciones guardadas. Guarde una en el simulador.
check-red = { $red } de { $all } conversaciones guardadas están en rojo e impiden publicar.
check-green = { $n ->
    [one] La conversación guardada está en verde.
   *[other] Las { $n } conversaciones guardadas están en verde.
}
check-report = La importación: { $missing } faltan, { $differs } funcionan distinto aquí.
run-tests = Probarlas ahora
testing = Probando…
problems-title = Qué encontró la revisión
problems-of-none = La línea en conjunto
problem-node = Nodo
problem-field = Campo
severity-error = Error
severity-warning = Aviso
red-title = Conversaciones en rojo

outlook-title = En sus canales
outlook-wait = Se mira cada mensaje en cada canal …
outlook-plain = { $n ->
    [one] { $n } mensaje, tal como está escrito
   *[other] { $n } mensajes, todos tal como están escritos
}
outlook-some = { $some } de { $n } mensajes ocupan varios SMS o se muestran de otra manera
outlook-varies = con lo que viene en lugar de sus expresiones puede ser más largo o más corto
outlook-more = { $n } más; se muestran los más caros.
outlook-none = Ningún canal de esta línea está encendido.
report-title = Informe de la importación
report-taken = Tomado
report-missing = Falta
report-differs = Distinto
report-taken-explain = Esto está ahora en el borrador.
report-missing-explain = Los flujos lo nombran, pero la línea no lo tiene. Al lado dice qué hacer.
report-differs-explain = Esto funciona aquí de otra manera que en RapidPro.
report-taken-none = No se tomó nada.
report-missing-none = No falta nada.
report-differs-none = Nada funciona distinto.
report-kind = Mostrar
report-every-kind = Todo
report-in = en
report-all = Mostrar los { $n }
kind-flow = Flujo
kind-group = Grupo
kind-field = Campo
kind-global = Global
kind-label = Etiqueta
kind-trigger = Disparador
kind-campaign = Campaña
kind-template = Plantilla
kind-channel = Canal
kind-topic = Tema
kind-user = Personal
kind-classifier = Clasificador
kind-llm = Modelo de lenguaje
kind-optin = Suscripción
kind-version = Versión
kind-webhook = Llamada web
kind-resthook = Resthook
kind-airtime = Saldo
kind-voice = Voz
kind-date = Fechas
kind-environment = Ajustes
kind-language = Idioma
kind-attachment = Archivo
kind-schedule = Horario
kind-line = La línea
kind-consent = Consentimiento
kind-surveyor = Surveyor

publish = Publicar
publishing = Publicando…
publish-title = ¿Publicar en { $line }?
publish-what = Salen { $added } flujos nuevos y { $changed } cambiados.
publish-explain = Antes se prueban todas las conversaciones guardadas; una en rojo lo detiene. Quien escriba desde entonces encuentra los flujos nuevos.
publish-missing = { $n ->
    [one] A esta línea aún le falta una cosa. Vea el informe.
   *[other] A esta línea aún le faltan { $n } cosas. Vea el informe.
}
did-publish = La versión { $version } está en marcha.
blocked = No se publicó.
blocked-red-tests = Hay conversaciones guardadas que salieron distinto de lo esperado. Corrija el flujo, o borre la conversación si ya no vale.
blocked-errors = Los flujos tienen errores. Corríjalos en el editor e importe de nuevo.
blocked-changed-meanwhile = Mientras tanto publicó otra persona. Vea qué cambia ahora y publique de nuevo.

## Simulator
sim-setup = Flujo, persona y canal
sim-source = Qué flujos
source-draft = Borrador
source-published = Publicados
sim-flow = Flujo
sim-choose-flow = Elija un flujo
sim-choose = Elija un flujo para hablar con él. No se envía nada a nadie.
sim-gone = Este flujo no está aquí. Elija otro.
sim-look = Como en
sim-person = La persona
sim-no-language = no se sabe
sim-field = Campo { $n }
sim-field-key = Campo
sim-field-value = Valor
sim-field-add = Añadir un campo
sim-field-remove = Quitar este campo
sim-person-explain = Tras un cambio, la charla se repite desde el principio.
sim-talk = Charla con el flujo
sim-restart = Empezar de nuevo
sim-undo = Deshacer el último paso
sim-keep = Guardar como prueba
sim-notes = Mostrar notas para el autor
sim-silent = El flujo no ha dicho nada.
sim-person-says = La persona:
sim-line-says = La línea:
sim-list = { $n ->
    [one] Lista con { $n } opción
   *[other] Lista con { $n } opciones
}
sim-segments = { $n } SMS, { $characters ->
    [one] { $characters } carácter
   *[other] { $characters } caracteres
}
sim-sms-count = { $n } SMS a la persona hasta ahora
sim-refused = El paso { $step } no se puede dar aquí.
sim-ended = El flujo terminó.
sim-full = Una charla tiene como mucho { $n } pasos. Empiece de nuevo.
sim-dial = El flujo llama a otro teléfono. El simulador no lo hace.
sim-write = Escriba como la persona
sim-file = Enviar un archivo
sim-file-kind = Qué envía la persona
sim-file-image = Una foto
sim-file-audio = Un mensaje de voz
sim-file-video = Un vídeo
sim-file-pdf = Un documento (PDF)
sim-place = Latitud y longitud
sim-place-help = Dos números, por ejemplo -0.1807, -78.4678
sim-timeout = Calla hasta que pasa el tiempo ({ $minutes } min)
sim-expiration = Calla hasta que el flujo termina
file-geo = Lugar
call-title = El flujo pregunta a otro servicio. ¿Qué responde?
call-explain = Nada sale del simulador: usted responde a mano.
call-other = El simulador no puede imitar este servicio. Solo puede fallar.
call-webhook = Responde
call-llm = Responde
call-email = El correo sale
call-airtime = El saldo se envía
call-fails = Falla
call-why = Por qué falla
call-status = Estado
call-body = Respuesta (JSON o texto)
call-words = Qué dice el modelo
call-answer = Seguir
knows-title = Qué sabe el flujo
knows-groups = Grupos
knows-results = Resultados
knows-no-results = Ninguno todavía.
keep = Guardar
keep-explain = Se prueba en cada publicación. Si el flujo responde entonces otra cosa, no se publica.
keep-name = Nombre
keep-example = Por ejemplo: { $flow }, todo sale bien
did-keep = Guardada: { $name }
note-result = Resultado
note-field = Campo
note-group = Grupo
note-name = Nombre
note-language = Idioma
note-wait = Espera
note-left_out = Omitido aquí
note-hand_over = Derivación
note-flow = Flujo
note-error = Error
note-stopped = Detenido
note-unheard = No lo tomó
note-call = Llamada
note-line = De la línea
note-warning = Aviso
feature-text = Texto
feature-quick_replies = Opciones
feature-location_request = Pregunta por el lugar
feature-form = Formulario
feature-link = Enlace
feature-media = Archivo
feature-caption = Pie de foto
feature-voice = Voz

## Saved conversations
saved-explain = Qué dice una persona y qué debe oír. Se prueban en cada publicación; una en rojo la impide.
saved-list = { $n ->
    [one] Una conversación guardada
   *[other] { $n } conversaciones guardadas
}
saved-none = Ninguna todavía. Hable con un flujo en el simulador y elija «Guardar como prueba».
saved-steps = { $n ->
    [one] { $n } paso
   *[other] { $n } pasos
}
saved-add = Añadir de un archivo
saved-not-json = Este archivo no es JSON. Elija una conversación guardada.
saved-delete = Borrar
saved-delete-name = Borrar { $name }
saved-delete-title = ¿Borrar esta conversación?
saved-delete-explain = Ya no cuidará las publicaciones. No se puede deshacer.
did-delete-saved = Borrada.
did-add-saved = Añadida.
run-on-draft = Probar todas con el borrador
run-on-published = Probar todas con lo publicado
run-no-draft = Las conversaciones se prueban con un borrador. Importe uno antes.
run-counts = { $green } en verde, { $red } en rojo
run-red-draft = Las conversaciones en rojo impiden publicar.
run-red-published = Lo publicado responde otra cosa de la que estas esperan.
lamp-green = verde
lamp-red = rojo
lamp-none = sin probar
mismatch-step = En el paso { $step }
mismatch-start = No pudo empezar.
side-expected = Se esperaba
side-came = Salió
side-nothing = nada

## Channels
place-channels = Canales
channels-explain = Por dónde llegan las personas a esta línea, y por dónde se les responde.
channels-empty = Aún no hay canales. Un administrador puede añadir uno.
channels-empty-add = Aún no hay canales. Añada uno; hasta entonces nadie puede escribir a esta línea.
channel-add = Añadir un canal
channel-choose = ¿Qué proveedor?
channel-address = Dirección
channel-state-on = En marcha
channel-state-paused = En pausa
channel-state-stopped = Detenido
channel-stopped-do = Nada sale por este canal. Resuelva la causa, pruébelo y póngalo en marcha. Lo que está en cola espera.
channel-paused-explain = Los mensajes entran, pero lo que sale espera hasta ponerlo en marcha.
channel-test = Probar
channel-asking = Preguntando al proveedor…
channel-no-answers = A este proveedor no se le puede preguntar. Escriba al canal para probarlo.
channel-settings = Ajustes
channel-settings-of = Ajustes: { $name }
channel-delivery = Entrega
channel-pause = Pausar
channel-switch-on = Poner en marcha
channel-calls = Llamadas del proveedor
channel-save = Guardar
channel-saving = Guardando…
channel-save-starts = Al guardar, el canal se pone en marcha de nuevo.
did-add-channel = El canal está hecho. Se pregunta al proveedor si funciona.
did-change-channel = Guardado.
did-switch-on = { $name } está en marcha.
did-pause = { $name } está en pausa.
webhook-title = Webhook: adónde debe llamar el proveedor
webhook-explain = Copie esto en el sitio del proveedor, para que los mensajes de las personas lleguen aquí.
webhook-register-explain = Se le puede decir al proveedor con un botón. O copie la dirección en su sitio.
webhook-address = Dirección del webhook
webhook-register = Decírselo al proveedor
verify-token = Palabra de verificación
copy = Copiar
copied = Copiado
copy-what = Copiar: { $what }
about-account = Cuenta
about-balance = Saldo
about-webhook = Webhook
answer-quality = Calidad del número
failed-of = { $n } de { $all } ({ $rate })
account-asked = Se preguntó al proveedor { $ago }
templates-held = { $n ->
    [one] Un proveedor retiene una plantilla; los envíos que la necesitan esperan.
   *[other] Los proveedores retienen { $n } plantillas; los envíos que las necesitan esperan.
}
answer-calls = El proveedor llama a
answer-nobody = nadie todavía
secret-set = ya está; déjelo vacío para conservarlo
field-usual = lo normal
field-yes = sí
field-no = no
field-list = Uno por línea.
field-table = «Nombre: valor» en cada línea.
field-unless = No hace falta si se llena uno de estos: { $others }.
field-missing = Llene esto.
field-remove = Quitar { $key }
field-more = Más ajustes ({ $n })
calls-explain = Las últimas llamadas del proveedor, sin lo que traían. Lo apartado se puede repetir en «Estado».
calls-none = El proveedor aún no ha llamado. Revise el webhook.
calls-state = Estado
calls-attempts = Intentos
call-state-waiting = en espera
call-state-handled = tratada
call-state-set_aside = apartada
call-state-discarded = descartada
call-state-unreadable = ilegible
delivery-of = Cómo entrega { $name }
fail-over = Cuando no puede entregar
fail-over-explain = El mensaje pasa a estos canales, uno tras otro, si por ahí se llega a la persona.
fail-over-to = Si no puede entregar, pasa a:
fail-over-add = Añadir un canal
fail-over-up = Subir { $name }
fail-over-remove = Quitar { $name }
fail-over-after = Pasar si no se entregó tras (minutos)
fail-over-after-help = Vacío: solo pasa lo que se rechaza.
unknown-title = Cuando no se sabe si salió
unknown-explain = La respuesta del proveedor se perdió, y no puede decirlo.
unknown-wait = Dejarlo y mostrarlo al equipo: mejor que falte que dos veces.
unknown-resend = Enviarlo otra vez: mejor dos veces que falte.
unknown-after = Después de (minutos)
per-second = Mensajes por segundo como mucho
per-second-help = Vacío: lo que se sabe que el proveedor admite. 0: sin límite.

## Messages to many
place-prices = Precios
prices-explain = Lo que cuesta enviar. El personal lo ve antes de enviar una respuesta, y quienes escriben flujos en el simulador; nada se retiene por su precio. De las filas que coinciden, las de un proveedor van antes que las de un tipo de canal, luego el comienzo de número más largo y luego el día más reciente que ya llegó.
prices-none = Aún no hay precios: a nadie se le dice cuánto cuesta un mensaje.
prices-save = Guardar precios
prices-together = Otra persona ha cambiado los precios entretanto. Ahora se muestran sus filas junto con lo que usted cambió: revíselas y guarde.
prices-unsaved = Aún sin guardar.
did-save-prices = Precios guardados
price-channel = Canal o proveedor
price-to = Números que empiezan por
price-everywhere = todos
price-unit = Por cada
price-price = Precio
price-currency = Moneda
price-valid_from = Válido desde
price-add = Añadir un precio
price-remove = Quitar
price-remove-row = Quitar el precio { $n }
sim-costs = cuesta { $sums }
place-sendings = Envíos
sendings-explain = Mensajes a muchas personas: cuánto avanzaron. Uno en pausa no envía nada hasta que sigue.
sendings-none = Aún no se envió nada a muchas personas.
sending-running = en curso
sending-paused = en pausa
sending-ended = terminado
sending-counts = { $people } personas: { $sent } enviados, { $failed } fallidos, { $left } omitidas
sending-progress = Avance: { $name }
sending-reason = Se pausó solo:
sending-resume = Seguir
sending-pause-name = Pausar { $name }
sending-resume-name = Seguir con { $name }
did-pause-sending = { $name } está en pausa.
did-resume-sending = { $name } sigue.
templates-title = Plantillas que no salen
templates-explain = El proveedor las retiene. Corríjalas allí o use otra; los envíos que las necesitan esperan.

## Failures
fail-connection = No se alcanza el servidor. Revise la conexión e inténtelo de nuevo.
fail-not-found = Esto no está aquí. No existe, o solo lo ven otros roles. Puede preguntar a su responsable de línea.
fail-forbidden = Sus roles no lo permiten. Pregunte a su administrador.
fail-signed-out = Su sesión está cerrada. Entre de nuevo.
fail-too-often = Demasiados intentos. Espere { $minutes } min e inténtelo de nuevo.
fail-server = El servidor tiene un problema. No se perdió nada; inténtelo en un momento.
fail-unknown = Algo salió mal aquí. Cargue la página de nuevo.
problem-window-closed = Terminó el tiempo para responder libremente. Podrá responder cuando la persona escriba.
problem-thread-moved-on = Mientras tanto escribió otra persona.
problem-taken-by-other = Otra persona del equipo tiene esta conversación. Tome el relevo para responder.
problem-conversation-closed = Esta conversación está cerrada. Reábrala para responder.
problem-conversation-open = Esta conversación ya está abierta.
problem-another-open = Esta persona tiene otra conversación abierta. Responda allí.
problem-person-blocked = Esta persona pidió no recibir más mensajes. No puede responder hasta que escriba de nuevo.
problem-no-address = No hay cómo llegar a esta persona por este canal.
problem-last-administrator = Es el último administrador. Nombre antes a otro.
problem-too-large = Este archivo pasa de 16 MB. Exporte menos flujos a la vez.
problem-not-an-export = Este archivo no es una exportación de RapidPro o TextIt que se pueda leer. Exporte de nuevo y elija el archivo JSON.
problem-no-draft = Ya no hay borrador. Alguien lo publicó o lo descartó.
problem-name-taken = Una conversación guardada ya tiene este nombre. Elija otro.
problem-step-refused = Este paso no se puede dar aquí.
problem-address-taken = Esta línea ya tiene un canal con esta dirección. Cambie ese.
problem-not-here = A este proveedor hay que decírselo en su propio sitio. Copie allí la dirección del webhook.
problem-not-paused = Ya está en curso.
problem-not-running = No está en curso.
