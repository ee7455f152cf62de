/**
 * Every word that a visitor reads, in French: plain sentences, nobody blamed, the same things said as in English.
 * `{name}` is filled in by the page. Where a count decides the form, there is one text per plural form of `count`.
 * The two-point sign and the quotation marks keep their space by \u00a0.
 *
 * French is the file that names the phrases and their placeholders: one that is missing or misspelt in another language
 * does not compile.
 */
const phrases = {
  'language-name': 'Français',
  'language-menu': 'Langue',
  'skip-to-content': 'Aller au contenu',
  'site-kind': 'File d’attente',

  'title-plain': '{room} – file d’attente',
  'title-state': '{state} – {room}',
  'title-waiting': 'Position {position} – {room}',
  'title-turn': 'À vous – {room}',
  'title-missed': 'Tour passé – {room}',

  // Before taking a number
  'join-headline': 'Prenez un numéro pour attendre votre tour',
  'join-text':
    'Le site reçoit un nombre limité de personnes à la fois. Votre numéro garde votre place dans la file.',
  'join-button': 'Prendre un numéro',
  'join-again-button': 'Prendre un nouveau numéro',
  'join-before-opening': 'Vous pouvez déjà prendre un numéro\u00a0: il garde votre place.',
  'join-while-paused': 'Vous pouvez prendre un numéro\u00a0: il garde votre place.',
  'join-opens-at': 'Les numéros sont donnés à partir de\u00a0: {time}',
  'nobody-waits': 'Personne n’attend en ce moment.',
  'people-wait': {
    one: '{count} personne attend en ce moment.',
    other: '{count} personnes attendent en ce moment.',
  },

  // What the room does
  'not-open-headline': 'Pas encore ouvert',
  'not-open-text': 'Les entrées n’ont pas encore commencé.',
  'opens-at': 'Ouverture\u00a0: {time}',
  'opens-in': 'Ouverture dans {duration}',
  'opens-soon': 'Ouverture dans quelques instants',
  'joins-in': 'Les numéros seront donnés dans {duration}',
  'closes-at': 'Plus personne n’entre après la fermeture de la file. Fermeture\u00a0: {time}',
  'paused-headline': 'En pause',
  'paused-text': 'Personne n’entre pour le moment.',
  'closed-headline': 'Fermé',
  'closed-text': 'La file est fermée\u00a0: plus personne n’entre.',
  'draining-headline': 'La file ne prend plus de nouvelles personnes',
  'draining-text': 'Les personnes qui attendent déjà passeront. Ensuite, la file fermera.',
  'no-places-headline': 'Il n’y a plus de places',
  'no-places-text': 'Toutes les places ont été données.',
  'bypass-headline': 'Pas d’attente en ce moment',
  'bypass-text': 'Tout le monde peut aller directement sur le site, sans numéro.',
  'reason-given': 'Raison donnée\u00a0: {reason}',
  'notice-label': 'Message',
  'notice-spoken': 'Message\u00a0: {notice}',

  // Waiting
  'queued-headline': 'Vous êtes dans la file',
  'queued-text': 'Un bouton s’affichera ici quand ce sera votre tour.',
  'next-headline': 'Vous êtes la prochaine personne',
  'near-headline': 'C’est bientôt votre tour',
  'near-text': 'Gardez cette page ouverte. Un bouton s’affichera ici quand ce sera votre tour.',
  'far-headline': 'Il y a beaucoup de personnes devant vous',
  'far-text':
    'L’attente sera longue. Vous pouvez fermer cette page et y revenir plus tard\u00a0: votre place est gardée.',
  'place-kept': 'Votre place est gardée.',
  'waiting-closed-text':
    'La file est fermée\u00a0: plus personne n’entre. Vous n’avez plus besoin d’attendre.',
  'holding-headline': 'Un court arrêt',
  'holding-text': 'Les entrées reprennent dans quelques instants. Votre place est gardée.',
  'in-trouble-headline': 'Le site a un problème technique',
  'in-trouble-text':
    'Personne n’entre pour le moment. Les entrées reprendront quand le problème sera réglé. Votre place est gardée.',
  'waiting-no-places-text': 'Toutes les places ont été données. Vous n’avez plus besoin d’attendre.',
  'beyond-places-headline': 'Il n’y aura peut-être plus de place à votre tour',
  'beyond-places-text':
    'Il y a plus de personnes devant vous que de places restantes. Vous pouvez continuer d’attendre\u00a0: certaines personnes devant vous peuvent renoncer.',
  'interrupted-headline': 'Mise à jour interrompue',
  'interrupted-text': 'Nous n’avons pas de nouvelles récentes de la file. Votre place est gardée.',
  'returned-text':
    'Des personnes arrivées avant vous sont revenues dans la file. Votre position a donc reculé, mais l’ordre d’arrivée reste le même.',
  'recovered-text':
    'La file vient d’être remise en ordre après une panne. Votre position peut changer un moment, mais l’ordre d’arrivée reste le même.',

  'position-label': 'Votre position',
  'position-unknown': 'Votre position s’affichera dans un instant.',
  'people-ahead': { one: '{count} personne devant vous', other: '{count} personnes devant vous' },
  'nobody-ahead': 'Personne devant vous',
  'people-behind': { one: '{count} personne derrière vous', other: '{count} personnes derrière vous' },
  'nobody-behind': 'Personne derrière vous',
  'progress-label': 'Votre place dans la file',
  'progress-text': '{ahead}, {behind}',
  'position-obtained': 'Position donnée par votre ordre d’arrivée',
  'wait-label': 'Attente estimée',
  'wait-unknown': 'pas encore connue',
  'wait-stopped': 'inconnue tant que personne n’entre',
  'wait-under-a-minute': 'moins d’une minute',
  'wait-under': 'moins de {duration}',
  'wait-about': 'environ {duration}',
  'wait-between': 'entre {low} et {high}',
  'number-label': 'Votre numéro',
  'places-label': 'Places restantes',
  'places-left': '{count}, à {time}',
  'as-of-label': 'Mis à jour',
  'spoken-position': '{time}\u00a0: position {position}, {ahead}. {wait}',
  'spoken-wait': 'Attente estimée\u00a0: {wait}.',

  // One's turn
  'turn-headline': 'C’est votre tour',
  'turn-text': 'Appuyez sur le bouton «\u00a0Entrer\u00a0».',
  'turn-ends-soon': 'Il reste moins de {duration} pour entrer.',
  'enter-button': 'Entrer',
  'time-left-text': 'Il vous reste {duration} pour entrer. Heure limite\u00a0: {time}',
  'less-than-seconds': 'moins de {duration}',
  'extend-button': 'Prolonger de {duration}',
  'extensions-left': {
    one: 'Vous pouvez prolonger encore {count} fois.',
    other: 'Vous pouvez prolonger encore {count} fois.',
  },
  'no-extensions-left':
    'Il n’y a plus de prolongation, mais si vous manquez votre tour, vous gardez votre place.',

  // Inside, and after
  'entered-headline': 'Vous pouvez aller sur le site',
  'entered-text':
    'Votre accès reste ouvert tant que vous utilisez le site. Sans activité, il se ferme tout seul.',
  'entered-until': 'Fin de l’accès sans activité\u00a0: {time}',
  'site-button': 'Aller sur le site',
  'lapsed-headline': 'Votre tour est passé, mais vous gardez votre place',
  'lapsed-text': 'Appuyez sur «\u00a0Je suis là\u00a0»\u00a0: vous serez en tête de la file.',
  'lapsed-until': 'Vous pouvez le faire jusqu’à\u00a0: {time}',
  'return-button': 'Je suis là',
  'completed-headline': 'C’est terminé',
  'completed-text': 'Votre démarche sur le site est terminée. Merci d’être passé par la file.',
  'gave-up-headline': 'Vous avez quitté le site',
  'gave-up-text': 'Votre place est maintenant libre pour la personne suivante.',
  'left-headline': 'Vous avez quitté la file',
  'left-text': 'Votre numéro a été rendu.',
  'expired-headline': 'Votre accès au site est terminé',
  'expired-text': 'Le site n’a plus eu de vos nouvelles, alors l’accès s’est fermé tout seul.',
  'ended-headline': 'Ce numéro est terminé',
  'ended-text': 'Il ne donne plus accès au site.',
  'over-headline': 'Ce numéro n’est plus valable',
  'over-text': 'Sa durée est dépassée, ou il a déjà servi.',
  'earlier-run-headline': 'Ce numéro vient d’une file précédente',
  'earlier-run-text': 'Depuis, une nouvelle file a commencé.',
  'moved-headline': 'Votre place est sur un autre appareil',
  'moved-text': 'Continuez sur l’appareil où vous avez repris votre place.',

  // How it works
  'help-headline': 'Comment ça se passe',
  'rule-default':
    'Les personnes passent dans l’ordre de leur arrivée. Actualiser la page ou ouvrir d’autres onglets ne change pas votre place.',
  'my-turn-text':
    'À votre tour, vous aurez {duration} pour appuyer sur «\u00a0Entrer\u00a0», et vous pourrez prolonger dix fois. Si vous manquez votre tour, vous gardez votre place\u00a0: vous appuierez sur «\u00a0Je suis là\u00a0».',
  'may-close':
    'Vous pouvez fermer cette page et y revenir sur cet appareil. Pour entrer, il faut qu’elle soit ouverte à votre tour.',
  'away-headline': 'Pour vous absenter un moment',
  'device-summary': 'Continuer sur un autre appareil',
  'device-text':
    'Un code déplace votre place vers un autre appareil. Gardez-le pour vous\u00a0: la personne qui l’utilise prend votre place.',
  'code-link': 'Afficher mon code',
  'code-label': 'Votre code',
  'code-text': 'Pour saisir le code sur l’autre appareil, ouvrez cette adresse\u00a0:',
  'code-picture':
    'Image à lire avec l’appareil photo de l’autre appareil\u00a0: elle contient cette adresse et votre code.',
  'code-once': 'Le code sert une seule fois. Il est valable jusqu’à\u00a0: {time}',
  'resume-link': 'J’ai un code\u00a0: reprendre ma place',
  'resume-headline': 'Reprendre votre place sur cet appareil',
  'resume-text':
    'Saisissez le code affiché sur l’autre appareil. Votre place passera alors de l’autre appareil à celui-ci.',
  'resume-label': 'Code à 10 caractères',
  'resume-button': 'Reprendre ma place ici',
  'resume-replaces': 'Cet appareil a déjà le numéro {number}. Le numéro lié au code le remplacera.',
  'room-link': 'Revenir à la page de la file',
  'email-summary': 'Recevoir un courriel à l’approche de mon tour',
  'email-text':
    'Nous vous écrirons une seule fois. Votre adresse sera effacée ensuite, ou au plus tard à votre tour.',
  'email-label': 'Votre adresse courriel',
  'email-when': 'M’écrire quand l’attente estimée sera de moins de',
  'email-button': 'M’écrire une fois',
  'email-noted':
    'C’est noté\u00a0: nous vous écrirons quand votre attente estimée sera de moins de {duration}.',
  'email-sent-before': 'Le message pour ce numéro est déjà parti\u00a0: il n’y en aura pas d’autre.',
  'email-withdraw-button': 'Effacer mon adresse',
  'email-withdrawn': 'Votre adresse est effacée\u00a0: nous ne vous écrirons pas.',
  'forget-summary': 'Oublier mon numéro sur cet appareil',
  'forget-text':
    'Utile sur un appareil partagé. Votre place reste gardée\u00a0: notez d’abord votre code pour la reprendre ailleurs.',
  'forget-button': 'Oui, oublier mon numéro ici',
  'forgotten-headline': 'Cet appareil a oublié votre numéro',
  'forgotten-text': 'Votre place reste gardée. Pour la reprendre, saisissez le code que vous avez noté.',
  'kept-until': 'Votre numéro est gardé jusqu’à\u00a0: {time}',
  prepare: 'À préparer\u00a0: {text}',

  // Keeping up to date
  'refresh-link': 'Actualiser',
  'updates-by-hand': 'Pour connaître la situation la plus récente\u00a0:',
  'updates-live': 'Cette page se met à jour toute seule.',
  'updates-cut': 'La connexion est interrompue. Nous réessayons.',
  'updates-offline': 'Votre appareil est hors connexion. La page se mettra à jour au retour de la connexion.',
  'options-summary': 'Alertes et réglages de cette page',
  'option-sound': 'Jouer un son à mon tour',
  'option-notification': 'Afficher une notification à mon tour',
  'notification-blocked':
    'Les notifications ne sont pas possibles ici\u00a0: le navigateur ne les a pas autorisées.',
  'option-enter': 'Entrer automatiquement à mon tour, sans appuyer sur «\u00a0Entrer\u00a0»',
  'option-spoken': 'Nouvelles de la file lues par un lecteur d’écran',
  'spoken-at-most': 'au plus une fois en {duration}',
  'spoken-never': 'seulement à mon tour',

  'leave-summary': 'Quitter la file',
  'leave-text': 'Votre place sera donnée à la personne suivante. Votre numéro sera effacé de cet appareil.',
  'leave-button': 'Oui, je quitte la file',

  contact: 'Autre moyen de faire votre démarche\u00a0: {text}',
  'privacy-note': 'Un seul cookie garde votre numéro sur cet appareil. Rien ne vous suit.',
  'privacy-link': 'Vie privée',
  'accessibility-link': 'Accessibilité',

  'clock-elsewhere': '{time} ({zone}) – chez vous {yours}',
  'clock-with-zone': '{time} ({zone})',

  // Problems that only this page has
  'problem-title': 'La page ne peut pas s’afficher',
  'problem-headline': 'Un problème est survenu',
  'full-headline': 'La file est complète',
  'too-many-headline': 'Trop de demandes depuis votre réseau',
  'no-answer-headline': 'La file ne répond pas',
  'cookies-headline': 'Votre numéro n’a pas été gardé',
  'target-headline': 'Cette adresse n’est pas celle du site',
  'no-room-headline': 'Il n’y a pas de file à cette adresse',
  'code-unknown-headline': 'Code non reconnu',
  'code-used-headline': 'Code déjà utilisé',
  'retry-later': 'Vous pourrez réessayer dans {duration}.',
  'cookies-refused':
    'Votre navigateur n’a pas gardé votre numéro. Autorisez les cookies pour ce site, puis prenez un numéro de nouveau.',
  'target-refused': 'L’adresse demandée n’appartient pas à ce site. Cette file mène au site prévu.',
  'pass-headline': 'Le site n’a pas pu vous reconnaître',
  'pass-not-kept':
    'Votre navigateur ne garde pas le cookie du site, ou le lien suivi a déjà servi. Autorisez les cookies pour le site, puis entrez de nouveau à partir de cette page.',
} as const;

export const language = {
  tag: 'fr',
  direction: 'ltr',
  locale: 'fr',
  /** "18 h 30" is French on both sides of the ocean; plain `fr` would say "18:30". */
  clockLocale: 'fr-CA',
  phrases,
} as const;

/** The words of the e-mail: the server's alone. */
export const mail = {
  'mail-subject': '{room}\u00a0: votre tour approche',
  'mail-wait': 'Votre attente estimée est maintenant\u00a0: {wait}.',
  'mail-number': 'Votre numéro\u00a0: {number}',
  'mail-come-back': 'Revenez à la page de la file, sur l’appareil où se trouve votre numéro\u00a0:',
  'mail-turn':
    'À votre tour, vous aurez {duration} pour appuyer sur «\u00a0Entrer\u00a0». Si vous manquez votre tour, vous gardez votre place.',
  'mail-only-one': 'Nous n’enverrons pas d’autre message. Votre adresse vient d’être effacée.',
} as const;

/** The words of the slip that a desk prints: the server's alone. */
export const slip = {
  'slip-title': 'Numéro {number} – {room}',
  'slip-use-headline': 'Pour suivre votre tour',
  'slip-scan': 'Avec un téléphone, photographiez l’image. Puis appuyez sur «\u00a0{button}\u00a0».',
  'slip-picture': 'Image à photographier\u00a0: elle ouvre la page de votre code.',
  'slip-type': 'Ou ouvrez cette adresse et saisissez votre code\u00a0:',
  'slip-no-device':
    'Sans téléphone ni ordinateur, revenez au guichet avec ce papier\u00a0: le code peut y être saisi.',
  'slip-when': 'Saisissez le code avant votre tour, et laissez la page ouverte.',
  'slip-late':
    'Si votre tour vient avant, votre place est mise de côté. Saisissez alors le code\u00a0: vous serez en tête de la file.',
  'slip-secret': 'Gardez ce papier pour vous\u00a0: la personne qui utilise le code prend votre place.',
  'slip-turn': 'Saisissez le code sans attendre. Heure limite pour entrer\u00a0: {time}',
  'slip-wait': 'Attente estimée à l’impression\u00a0: {wait}',
  'slip-given': 'Imprimé\u00a0: {time}',
} as const;

/** What only the widget says, of the page that it stands in. */
export const widget = {
  'guarded-link': 'Disponible à votre tour dans la file.',
  'guarded-page': 'Une partie de cette page s’ouvre à votre tour.',
  'not-kept': 'Votre navigateur ne peut pas garder votre numéro\u00a0: laissez cette page ouverte.',
} as const;

/** One plain sentence for each error code. */
export const problems = {
  'request-malformed': 'La demande n’a pas pu être lue. Revenez à la page de la file et recommencez.',
  'request-invalid':
    'Une partie de la demande n’a pas été comprise. Revenez à la page de la file et recommencez.',
  'email-invalid': 'Cette adresse n’a pas pu être lue. Elle ressemble à nom@exemple.org.',
  'key-missing': 'Cette adresse est réservée aux personnes qui gèrent la file.',
  'token-missing': 'Nous ne trouvons pas votre numéro sur cet appareil.',
  'token-refused': 'Le numéro gardé sur cet appareil n’est plus valable.',
  'key-forbidden': 'Cette action est réservée aux personnes qui gèrent la file.',
  'origin-forbidden': 'La demande venait d’une autre page. Revenez à la page de la file et recommencez.',
  'route-unknown': 'Il n’y a rien à cette adresse.',
  'room-unknown': 'Il n’y a pas de file à cette adresse. Elle est peut-être terminée.',
  'code-unknown':
    'Ce code n’est pas reconnu. Vérifiez-le sur votre premier appareil, ou affichez-y un nouveau code.',
  'method-not-allowed': 'Cette adresse ne répond pas à ce type de demande.',
  'room-closed': 'La file est fermée\u00a0: elle ne donne plus de numéros.',
  'room-not-open-yet': 'La file ne donne pas encore de numéros.',
  'room-bypassed': 'Il n’y a pas d’attente en ce moment\u00a0: vous pouvez aller directement sur le site.',
  'room-full': 'La file est complète\u00a0: elle ne peut pas donner plus de numéros pour le moment.',
  'room-changed': 'Quelqu’un d’autre a changé la file en même temps. Recommencez.',
  'emails-full': 'Il n’est plus possible de demander un e-mail pour cette file. Votre place est gardée.',
  'no-places-left': 'Il n’y a plus de places\u00a0: toutes ont été données.',
  'ticket-over': 'Ce numéro est terminé.',
  'ticket-moved': 'Votre place est maintenant sur un autre appareil.',
  'code-used': 'Ce code a déjà servi. Votre place est sur l’appareil où il a été saisi.',
  'not-admitted': 'Ce n’est pas votre tour en ce moment. Votre place est gardée.',
  'return-too-late': 'Le délai pour revenir dans la file est terminé.',
  'extension-refused': 'Cette prolongation n’est pas possible. Voici le temps qui vous reste.',
  'hand-over-used': 'Ce lien vers le site a déjà servi. Revenez à la page de la file pour entrer de nouveau.',
  'session-ended': 'Votre accès au site est terminé.',
  'body-too-large': 'La demande est trop longue pour être lue.',
  'content-type-unsupported': 'La demande n’a pas la forme attendue.',
  'rate-limited':
    'Trop de demandes arrivent en ce moment de votre réseau. Les numéros déjà donnés sont gardés.',
  'header-too-large': 'La demande est trop longue pour être lue. Effacer les cookies de ce site peut aider.',
  'internal-error': 'Une erreur est survenue de notre côté. Les numéros déjà donnés sont gardés.',
  'store-unavailable': 'La file ne répond pas en ce moment. Les numéros déjà donnés sont gardés.',
  'service-full':
    'Ce serveur a trop de connexions ouvertes en ce moment. Les numéros déjà donnés sont gardés.',
} as const;
