/**
 * A municipality's own page with a widget in it, plain and without a fault of its own: a way straight to the content, a
 * heading, a link and a form that are guarded, a footer.
 */
import { html } from '../../src/web/html.ts';
import { type Language, languageFile } from '../../src/web/phrases/phrases.ts';

type Words = {
  skip: string;
  town: string;
  home: string;
  activities: string;
  text: string;
  register: string;
  child: string;
  send: string;
  phone: string;
  queue: string;
};

const french: Words = {
  skip: 'Aller au contenu',
  town: 'Ville de Bellerive',
  home: 'Accueil',
  activities: 'Activités d’hiver',
  text: 'Les inscriptions se font en ligne, à votre tour.',
  register: 'S’inscrire',
  child: 'Prénom de l’enfant',
  send: 'Envoyer',
  phone: 'Téléphone : 819 555-0100',
  queue: 'Aller à la file d’attente',
};
const words: { readonly [language: Language]: Words } = {
  fr: french,
  en: {
    skip: 'Go to the content',
    town: 'City of Bellerive',
    home: 'Home',
    activities: 'Winter activities',
    text: 'Register online, at your turn.',
    register: 'Register',
    child: 'Child’s first name',
    send: 'Send',
    phone: 'Phone: 819 555-0100',
    queue: 'Go to the queue',
  },
  es: {
    skip: 'Ir al contenido',
    town: 'Ciudad de Bellerive',
    home: 'Inicio',
    activities: 'Actividades de invierno',
    text: 'Las inscripciones se hacen en línea, a su turno.',
    register: 'Inscribirse',
    child: 'Nombre del niño',
    send: 'Enviar',
    phone: 'Teléfono: 819 555-0100',
    queue: 'Ir a la fila',
  },
  ar: {
    skip: 'الذهاب إلى المحتوى',
    town: 'مدينة بلريف',
    home: 'الصفحة الرئيسية',
    activities: 'أنشطة الشتاء',
    text: 'التسجيل عبر الإنترنت عندما يحين دوركم.',
    register: 'التسجيل',
    child: 'اسم الطفل',
    send: 'إرسال',
    phone: 'الهاتف: \u2066819 555-0100\u2069',
    queue: 'الذهاب إلى قائمة الانتظار',
  },
};

/** In the colours that the reader's device asks for. */
export const townStyle = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
  body { max-inline-size: 60rem; margin: 0; margin-inline: auto; padding: 1rem;
    background: light-dark(#fff, #10151c); color: light-dark(#1a1d21, #eceff3) }
  a, button, input { font: inherit; display: inline-block; min-block-size: 24px }
  a { color: light-dark(#0b3d91, #a8c7ff) }
  button { padding: 0.25rem 1rem; border: 0; background: light-dark(#0b3d91, #a8c7ff); color: light-dark(#fff, #10151c) }
  input { display: block; box-sizing: border-box; inline-size: 100%; max-inline-size: 20rem }
  guichet-room { margin-block: 1rem }`;

export type TownParts = {
  language: Language;
  /** The address of the room's waiting page, for those without scripts. */
  roomUrl: string;
  /** The element's attributes. */
  attributes: string;
  /** What the page loads: style sheets by `<link>`, scripts by `<script>`. */
  style: string;
  scripts: readonly string[];
};

/** The whole document. The link is `#register`, the form `#order`, and what holds the widget `#booking`. */
export function townPage({ language, roomUrl, attributes, style, scripts }: TownParts): string {
  const say = words[language] ?? french;
  const element = `<guichet-room ${attributes}>${html`<a href="${roomUrl}">${say.queue}</a>`.markup}</guichet-room>`;
  return `<!doctype html>
<html lang="${language}" dir="${languageFile(language).direction}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<title>${say.activities}</title><link rel="stylesheet" href="${style}"></head>
<body><a href="#content">${say.skip}</a>
<header><p>${say.town}</p><nav><a href="/">${say.home}</a></nav></header>
<main id="content" tabindex="-1"><h1>${say.activities}</h1>
<div id="booking"><p>${say.text}</p><p><a id="register" href="/register">${say.register}</a></p>
${element}
<form id="order" method="post" action="/order"><p><label>${say.child}<input name="child" autocomplete="off"></label></p>
<button>${say.send}</button></form></div></main>
<footer><p>${say.phone}</p></footer>
${scripts.map((script) => `<script src="${script}" defer></script>`).join('\n')}</body></html>`;
}
