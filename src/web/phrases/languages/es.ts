/** Every word that a visitor reads, in Spanish: the same things said as in French, sentence by sentence. */
import type {
  LanguageFile,
  MailTranslation,
  ProblemSentences,
  SlipTranslation,
  WidgetTranslation,
} from '../phrases.ts';

export const language: LanguageFile = {
  tag: 'es',
  direction: 'ltr',
  /** What Intl formats numbers, durations and times with. */
  locale: 'es',
  // A place in the queue is "lugar", one of the places given out is "plaza". A time may come with its day:
  // it never stands after "a las".
  phrases: {
    'language-name': 'Español',
    'language-menu': 'Idioma',
    'skip-to-content': 'Ir al contenido',
    'site-kind': 'Fila de espera',

    'title-plain': '{room} – fila de espera',
    'title-state': '{state} – {room}',
    'title-waiting': 'Posición {position} – {room}',
    'title-turn': 'Es su turno – {room}',
    'title-missed': 'Su turno ya pasó – {room}',

    'join-headline': 'Tome un número para esperar su turno',
    'join-text':
      'El sitio web recibe a una cantidad limitada de personas a la vez. Su número le guarda el lugar en la fila.',
    'join-button': 'Tomar un número',
    'join-again-button': 'Tomar un número nuevo',
    'join-before-opening': 'Ya puede tomar un número para guardar su lugar.',
    'join-while-paused': 'Puede tomar un número para guardar su lugar.',
    'join-opens-at': 'Inicio de la entrega de números: {time}',
    'nobody-waits': 'No hay nadie esperando en este momento.',
    'people-wait': {
      one: 'Hay {count} persona esperando en este momento.',
      many: 'Hay {count} de personas esperando en este momento.',
      other: 'Hay {count} personas esperando en este momento.',
    },

    'not-open-headline': 'Todavía no está abierto',
    'not-open-text': 'Todavía no se puede entrar.',
    'opens-at': 'Apertura: {time}',
    'opens-in': 'Apertura dentro de {duration}',
    'opens-soon': 'Apertura en unos instantes',
    'joins-in': 'La entrega de números empezará dentro de {duration}',
    'closes-at': 'Después del cierre de la fila ya no puede entrar nadie. Cierre: {time}',
    'paused-headline': 'En pausa',
    'paused-text': 'Por el momento no entra nadie.',
    'closed-headline': 'Cerrado',
    'closed-text': 'La fila está cerrada: ya no puede entrar nadie.',
    'draining-headline': 'La fila ya no admite a más personas',
    'draining-text': 'Las personas que ya están esperando sí pasarán. Después se cerrará la fila.',
    'no-places-headline': 'Ya no quedan plazas',
    'no-places-text': 'Se han asignado todas las plazas.',
    'bypass-headline': 'Ahora no hay que esperar',
    'bypass-text': 'Todo el mundo puede ir directamente al sitio web, sin número.',
    'reason-given': 'Motivo indicado: {reason}',
    'notice-label': 'Aviso',
    'notice-spoken': 'Aviso: {notice}',

    'queued-headline': 'Usted está en la fila',
    'queued-text': 'Aquí aparecerá un botón cuando llegue su turno.',
    'next-headline': 'El próximo turno es el suyo',
    'near-headline': 'Pronto será su turno',
    'near-text': 'Mantenga esta página abierta. Aquí aparecerá un botón cuando llegue su turno.',
    'far-headline': 'Hay muchas personas delante de usted',
    'far-text': 'La espera será larga. Puede cerrar esta página y volver más tarde: le guardamos el lugar.',
    'place-kept': 'Le guardamos el lugar.',
    'waiting-closed-text':
      'La fila está cerrada: ya no puede entrar nadie. No hace falta que siga esperando.',
    'holding-headline': 'La fila se ha detenido un momento',
    'holding-text': 'En unos instantes se podrá entrar de nuevo. Le guardamos el lugar.',
    'in-trouble-headline': 'El sitio web tiene un problema técnico',
    'in-trouble-text': 'No se podrá entrar hasta que se resuelva. Le guardamos el lugar.',
    'waiting-no-places-text': 'Se han asignado todas las plazas. No hace falta que siga esperando.',
    'beyond-places-headline': 'Puede que ya no queden plazas cuando llegue su turno',
    'beyond-places-text':
      'Hay más personas delante de usted que plazas disponibles. Puede seguir esperando: es posible que algunas de esas personas renuncien a su turno.',
    'interrupted-headline': 'Actualización interrumpida',
    'interrupted-text': 'No tenemos datos recientes de la fila. Le guardamos el lugar.',
    'returned-text':
      'Algunas personas que llegaron antes que usted han vuelto a la fila. Por eso su posición ha retrocedido, pero el orden de llegada sigue siendo el mismo.',
    'recovered-text':
      'La fila acaba de restablecerse después de un problema técnico. Su posición puede cambiar durante unos momentos, pero el orden de llegada sigue siendo el mismo.',

    'position-label': 'Su posición',
    'position-unknown': 'Su posición aparecerá en unos instantes.',
    'people-ahead': {
      one: '{count} persona delante de usted',
      many: '{count} de personas delante de usted',
      other: '{count} personas delante de usted',
    },
    'nobody-ahead': 'Nadie delante de usted',
    'people-behind': {
      one: '{count} persona detrás de usted',
      many: '{count} de personas detrás de usted',
      other: '{count} personas detrás de usted',
    },
    'nobody-behind': 'Nadie detrás de usted',
    'progress-label': 'Su lugar en la fila',
    'progress-text': '{ahead}, {behind}',
    'position-obtained': 'Posición asignada por orden de llegada',
    'wait-label': 'Tiempo de espera estimado',
    'wait-unknown': 'aún no se conoce',
    'wait-stopped': 'no se puede saber mientras no entre nadie',
    'wait-under-a-minute': 'menos de un minuto',
    'wait-under': 'menos de {duration}',
    'wait-about': 'alrededor de {duration}',
    'wait-between': 'entre {low} y {high}',
    'number-label': 'Su número',
    'places-label': 'Plazas disponibles',
    'places-left': '{count}, actualización: {time}',
    'as-of-label': 'Última actualización',
    'spoken-position': '{time}: posición {position}, {ahead}. {wait}',
    'spoken-wait': 'Tiempo de espera estimado: {wait}.',

    'turn-headline': 'Es su turno',
    'turn-text': 'Pulse el botón «Entrar».',
    'turn-ends-soon': 'Tiene menos de {duration} para entrar.',
    'enter-button': 'Entrar',
    'time-left-text': 'Tiene {duration} para entrar. Hora límite: {time}',
    'less-than-seconds': 'menos de {duration}',
    'extend-button': 'Añadir {duration}',
    'extensions-left': {
      one: 'Puede añadir tiempo {count} vez más.',
      many: 'Puede añadir tiempo {count} de veces más.',
      other: 'Puede añadir tiempo {count} veces más.',
    },
    'no-extensions-left': 'Ya no se puede añadir más tiempo, pero si se le pasa el turno, conserva su lugar.',

    'entered-headline': 'Ya puede ir al sitio web',
    'entered-text':
      'Su acceso sigue abierto mientras utilice el sitio web. Si no hay actividad, se cierra solo.',
    'entered-until': 'Fin del acceso si no hay actividad: {time}',
    'site-button': 'Ir al sitio web',
    'lapsed-headline': 'Su turno ya pasó, pero usted conserva su lugar',
    'lapsed-text': 'Pulse «Ya estoy aquí» y pasará al principio de la fila.',
    'lapsed-until': 'Hora límite para hacerlo: {time}',
    'return-button': 'Ya estoy aquí',
    'completed-headline': 'Trámite terminado',
    'completed-text': 'Ha terminado su trámite en el sitio web. Gracias por haber esperado su turno.',
    'gave-up-headline': 'Ha salido del sitio web',
    'gave-up-text': 'Su lugar ya está libre para la siguiente persona.',
    'left-headline': 'Ha salido de la fila',
    'left-text': 'Ha devuelto su número.',
    'expired-headline': 'Su acceso al sitio web ha terminado',
    'expired-text':
      'Como no hubo actividad en el sitio web durante un tiempo, el acceso se cerró automáticamente.',
    'ended-headline': 'Este número ya no está activo',
    'ended-text': 'Ya no da acceso al sitio web.',
    'over-headline': 'Este número ya no es válido',
    'over-text': 'Su plazo ha terminado o el número ya se ha usado.',
    'earlier-run-headline': 'Este número es de una fila anterior',
    'earlier-run-text': 'Desde entonces ha comenzado una fila nueva.',
    'moved-headline': 'Su lugar está en otro dispositivo',
    'moved-text': 'Continúe en el dispositivo donde retomó su lugar.',

    'help-headline': 'Cómo funciona',
    'rule-default':
      'Las personas pasan por orden de llegada. Su lugar no cambia si actualiza la página o abre otras pestañas.',
    'my-turn-text':
      'Cuando llegue su turno, tendrá {duration} para pulsar «Entrar» y podrá añadir tiempo diez veces. Si se le pasa el turno, conserva su lugar: solo tendrá que pulsar «Ya estoy aquí».',
    'may-close':
      'Puede cerrar esta página y volver a ella en este dispositivo. Para entrar, debe tenerla abierta cuando llegue su turno.',
    'away-headline': 'Si tiene que ausentarse',
    'device-summary': 'Continuar en otro dispositivo',
    'device-text':
      'Con un código, su lugar pasa a otro dispositivo. No se lo dé a nadie: quien lo use se quedará con su lugar.',
    'code-link': 'Mostrar mi código',
    'code-label': 'Su código',
    'code-text': 'Para introducir el código en el otro dispositivo, abra esta dirección:',
    'code-picture':
      'Imagen para leer con la cámara del otro dispositivo: contiene esta dirección y su código.',
    'code-once': 'El código sirve una sola vez, hasta: {time}',
    'resume-link': 'Tengo un código: retomar mi lugar',
    'resume-headline': 'Retome su lugar en este dispositivo',
    'resume-text':
      'Introduzca el código que muestra el otro dispositivo. Su lugar pasará entonces de ese dispositivo a este.',
    'resume-label': 'Código de 10 caracteres',
    'resume-button': 'Retomar mi lugar aquí',
    'resume-replaces':
      'Este dispositivo ya tiene el número {number}. Lo sustituirá el número asociado al código.',
    'room-link': 'Volver a la página de la fila',
    'email-summary': 'Recibir un correo electrónico cuando se acerque su turno',
    'email-text':
      'Le escribiremos una sola vez. Su dirección se borrará después o, como muy tarde, cuando llegue su turno.',
    'email-label': 'Su dirección de correo electrónico',
    'email-when': 'Escribirme cuando el tiempo de espera estimado sea de menos de',
    'email-button': 'Escribirme una vez',
    'email-noted': 'Anotado: le escribiremos cuando su tiempo de espera estimado sea de menos de {duration}.',
    'email-sent-before': 'El mensaje de este número ya se envió: no habrá ningún otro.',
    'email-withdraw-button': 'Borrar mi dirección',
    'email-withdrawn': 'Hemos borrado su dirección: no le escribiremos.',
    'forget-summary': 'Borrar mi número de este dispositivo',
    'forget-text':
      'Es útil en un dispositivo compartido. Su lugar sigue en la fila: muestre antes su código para retomarlo en otro dispositivo.',
    'forget-button': 'Sí, quiero borrar mi número de aquí',
    'forgotten-headline': 'Su número se ha borrado de este dispositivo',
    'forgotten-text': 'Su lugar sigue en la fila. Para retomarlo, introduzca su código.',
    'kept-until': 'Su número es válido hasta: {time}',
    prepare: 'Prepare lo siguiente: {text}',

    'refresh-link': 'Actualizar',
    'updates-by-hand': 'Para ver la situación más reciente:',
    'updates-live': 'Esta página se actualiza sola.',
    'updates-cut': 'Se ha interrumpido la conexión. Estamos intentando recuperarla.',
    'updates-offline':
      'Su dispositivo no tiene conexión. La página se actualizará cuando vuelva la conexión.',
    'options-summary': 'Alertas y ajustes de esta página',
    'option-sound': 'Reproducir un sonido cuando llegue mi turno',
    'option-notification': 'Mostrar una notificación cuando llegue mi turno',
    'notification-blocked': 'Aquí no es posible mostrar notificaciones: el navegador no las ha permitido.',
    'option-enter': 'Entrar automáticamente cuando llegue mi turno, sin pulsar «Entrar»',
    'option-spoken': 'Novedades leídas por un lector de pantalla',
    'spoken-at-most': 'como máximo una vez cada {duration}',
    'spoken-never': 'solo cuando llegue mi turno',

    'leave-summary': 'Salir de la fila',
    'leave-text': 'Su lugar pasará a la siguiente persona. Su número se borrará de este dispositivo.',
    'leave-button': 'Sí, quiero salir de la fila',

    contact: 'Otra forma de hacer su trámite: {text}',
    'privacy-note': 'Una sola cookie guarda su número en este dispositivo. No rastreamos su actividad.',
    'privacy-link': 'Privacidad',
    'accessibility-link': 'Accesibilidad',

    'clock-elsewhere': '{time} ({zone}) – su hora local: {yours}',
    'clock-with-zone': '{time} ({zone})',

    'problem-title': 'No se puede mostrar la página',
    'problem-headline': 'Ha surgido un problema',
    'full-headline': 'La fila está completa',
    'too-many-headline': 'Demasiadas peticiones desde su red',
    'no-answer-headline': 'La fila no responde',
    'cookies-headline': 'No se ha guardado su número',
    'target-headline': 'Esta dirección no es la del sitio web',
    'no-room-headline': 'No hay ninguna fila en esta dirección',
    'code-unknown-headline': 'No se reconoce el código',
    'code-used-headline': 'El código ya se ha utilizado',
    'retry-later': 'Podrá intentarlo de nuevo dentro de {duration}.',
    'cookies-refused':
      'Su navegador no ha guardado su número. Permita las cookies de este sitio web y vuelva a tomar un número.',
    'target-refused':
      'La dirección solicitada no pertenece a este sitio web. Esta fila lleva al sitio web previsto.',
    'pass-headline': 'El sitio web no ha podido reconocerle',
    'pass-not-kept':
      'Su navegador no guarda la cookie del sitio web, o el enlace que ha seguido ya se había utilizado. Permita las cookies del sitio web y vuelva a entrar desde esta página.',
  },
};

/** The words of the e-mail: the server's alone. */
export const mail: MailTranslation = {
  'mail-subject': '{room}: se acerca su turno',
  'mail-wait': 'En este momento, su tiempo de espera estimado es: {wait}.',
  'mail-number': 'Su número: {number}',
  'mail-come-back': 'Vuelva a la página de la fila, en el dispositivo donde está su número:',
  'mail-turn':
    'Cuando llegue su turno, tendrá {duration} para pulsar «Entrar». Si se le pasa el turno, conserva su lugar.',
  'mail-only-one': 'No le enviaremos ningún otro mensaje. Acabamos de borrar su dirección.',
};

/** The words of the slip that a desk prints: the server's alone. */
export const slip: SlipTranslation = {
  'slip-title': 'Número {number} – {room}',
  'slip-use-headline': 'Para seguir su turno',
  'slip-scan': 'Con un teléfono, escanee la imagen. Después pulse «{button}».',
  'slip-picture': 'Imagen para escanear: abre la página de su código.',
  'slip-type': 'O abra esta dirección e introduzca su código:',
  'slip-no-device':
    'Sin teléfono ni ordenador, vuelva a la ventanilla con este papel: allí se puede introducir el código.',
  'slip-when': 'Introduzca el código antes de su turno y deje la página abierta.',
  'slip-late':
    'Si su turno llega antes, su lugar se reserva aparte. Introduzca entonces el código: pasará al principio de la fila.',
  'slip-secret': 'Guarde este papel para usted: quien use el código se queda con su lugar.',
  'slip-turn': 'Introduzca el código sin esperar. Hora límite para entrar: {time}',
  'slip-wait': 'Tiempo de espera estimado al imprimir: {wait}',
  'slip-given': 'Impreso: {time}',
};

/** What only the widget says, of the page that it stands in. */
export const widget: WidgetTranslation = {
  'guarded-link': 'Disponible cuando llegue su turno en la cola.',
  'guarded-page': 'Una parte de esta página se abre cuando llega su turno.',
  'not-kept': 'Su navegador no puede guardar su número: deje esta página abierta.',
};

/** One plain sentence for each error code. */
export const problems: ProblemSentences = {
  'request-malformed': 'No se ha podido leer la petición. Vuelva a la página de la fila y empiece de nuevo.',
  'request-invalid':
    'No se ha entendido una parte de la petición. Vuelva a la página de la fila y empiece de nuevo.',
  'email-invalid': 'No se ha podido leer esta dirección. Su forma habitual es: nombre@ejemplo.org.',
  'key-missing': 'Esta dirección está reservada a las personas que gestionan la fila.',
  'token-missing': 'No encontramos su número en este dispositivo.',
  'token-refused': 'El número guardado en este dispositivo ya no es válido.',
  'key-forbidden': 'Esta acción está reservada a las personas que gestionan la fila.',
  'origin-forbidden':
    'La petición llegó desde otra página. Vuelva a la página de la fila y empiece de nuevo.',
  'route-unknown': 'No hay nada en esta dirección.',
  'room-unknown': 'No hay ninguna fila en esta dirección. Es posible que ya haya terminado.',
  'code-unknown':
    'No se reconoce este código. Compruébelo en su primer dispositivo o muestre allí un código nuevo.',
  'method-not-allowed': 'Esta dirección no responde a este tipo de petición.',
  'room-closed': 'La fila está cerrada: ya no se dan números.',
  'room-not-open-yet': 'En esta fila todavía no se dan números.',
  'room-bypassed': 'En este momento no hay que esperar: puede ir directamente al sitio web.',
  'room-full': 'La fila está completa: por el momento no se pueden dar más números.',
  'room-changed': 'Otra persona ha modificado la fila al mismo tiempo. Empiece de nuevo.',
  'emails-full': 'Ya no se pueden pedir más correos en esta fila. Su lugar está guardado.',
  'no-places-left': 'Ya no quedan plazas: se han asignado todas.',
  'ticket-over': 'Este número ya no está activo.',
  'ticket-moved': 'Ahora su lugar está en otro dispositivo.',
  'code-used': 'Este código ya se ha utilizado. Su lugar está en el dispositivo donde se introdujo.',
  'not-admitted': 'En este momento no es su turno. Le guardamos el lugar.',
  'return-too-late': 'El plazo para volver a la fila ha terminado.',
  'extension-refused': 'No ha sido posible añadir tiempo. Este es el tiempo que le queda.',
  'hand-over-used':
    'Este enlace al sitio web ya se ha usado. Vuelva a la página de la fila para entrar de nuevo.',
  'session-ended': 'Su acceso al sitio web ha terminado.',
  'body-too-large': 'La petición es demasiado larga y no se puede leer.',
  'content-type-unsupported': 'La petición no tiene el formato esperado.',
  'rate-limited':
    'En este momento llegan demasiadas peticiones desde su red. Los números ya entregados se conservan.',
  'header-too-large':
    'La petición es demasiado larga y no se puede leer. Borrar las cookies de este sitio web puede ayudar.',
  'internal-error': 'Ha habido un error por nuestra parte. Los números ya entregados se conservan.',
  'store-unavailable': 'La fila no responde en este momento. Los números ya entregados se conservan.',
  'service-full':
    'Este servidor tiene demasiadas conexiones abiertas en este momento. Los números ya entregados se conservan.',
};
