/**
 * The demo town's page in four languages: plain HTML that could stand on any town's server, one style sheet of its own,
 * and Guichet's widget beside the link that leads to registration. Nothing in it comes from a visitor.
 */

export const townLanguages = ['fr', 'en', 'es', 'ar'] as const;
export type TownLanguage = (typeof townLanguages)[number];

export type TownPage = {
  language: TownLanguage;
  roomId: string;
  /** Where the widget comes from and the queue is. */
  guichetUrl: string;
  /** Where one registers; it lets nobody in without a pass. */
  siteUrl: string;
};

/** The page's only style sheet; the header of the page allows it by its hash. */
export const townStyle = `
:root { color-scheme: light dark; --ink: #1a1f2b; --quiet: #4a5262; --paper: #fff; --band: #eef2f8; --line: #c3cbd8; --accent: #1d4a86; --on-accent: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf3; --quiet: #b3bccb; --paper: #141922; --band: #1d2531; --line: #3d4858; --accent: #a9c8f5; --on-accent: #0b1a30; }
}
:root { --guichet-background: var(--paper); --guichet-color: var(--ink); --guichet-quiet: var(--quiet); --guichet-line: var(--line); --guichet-accent: var(--accent); --guichet-on-accent: var(--on-accent); --guichet-focus: var(--accent); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
header, main, footer { padding: 1.25rem max(1rem, 50% - 24rem); }
header { display: flex; flex-wrap: wrap; gap: .25rem 2rem; justify-content: space-between; background: var(--band); border-block-end: 4px solid var(--accent); }
header p { margin: 0; font-weight: 700; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
nav [aria-current] { color: inherit; font-weight: 700; text-decoration: none; }
h1 { margin: .5rem 0; font-size: 1.75rem; line-height: 1.25; }
h2 { margin: 2rem 0 .75rem; font-size: 1.25rem; line-height: 1.3; }
h3 { margin: 0; font-size: 1.0625rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.programme { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(14rem, 100%), 1fr)); gap: 1rem; margin: 0; padding: 0; list-style: none; }
.programme li { padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; }
.programme p { margin: .25rem 0 0; color: var(--quiet); }
.register { display: inline-block; padding: .625rem 1.5rem; border-radius: .5rem; background: var(--accent); color: var(--on-accent); font-weight: 600; text-decoration: none; }
.register:hover { text-decoration: underline; }
guichet-room { margin-block: 1.5rem; }
footer { margin-block-start: 2rem; background: var(--band); border-block-start: 1px solid var(--line); }
footer h2 { margin-block-start: 0; }
footer p { margin: .25rem 0; }
`;

/** As HTML. */
type Words = {
  itself: string;
  title: string;
  town: string;
  menu: string;
  intro: string;
  activities: string;
  programme: readonly (readonly [name: string, who: string, when: string])[];
  registration: string;
  how: string;
  register: string;
  withoutScripts: string;
  office: string;
  hours: string;
  phone: string;
};

const words: Readonly<Record<TownLanguage, Words>> = {
  fr: {
    itself: 'Français',
    title: 'Loisirs&nbsp;: programme d’automne',
    town: 'Ville de Bellerive',
    menu: 'Langue',
    intro: 'Les cours commencent la semaine du 14 septembre et durent dix semaines.',
    activities: 'Activités',
    programme: [
      [
        'Natation, niveau 1',
        'De 6 à 12&nbsp;ans, 62&nbsp;$',
        'Samedi, de 9&nbsp;h à 9&nbsp;h&nbsp;45, piscine municipale',
      ],
      ['Patinage', 'À partir de 5&nbsp;ans, 48&nbsp;$', 'Dimanche, de 10&nbsp;h à 11&nbsp;h, aréna'],
      ['Poterie', 'Adultes, 95&nbsp;$', 'Mardi, de 19&nbsp;h à 21&nbsp;h, maison des arts'],
    ],
    registration: 'Inscription',
    how: 'L’inscription en ligne reçoit cinq personnes à la fois. Prenez un numéro&nbsp;: l’ordre d’arrivée est gardé.',
    register: 'S’inscrire en ligne',
    withoutScripts: 'Ce lien mène d’abord à la file d’attente.',
    office: 'Bureau des loisirs',
    hours: 'Du lundi au vendredi, de 8&nbsp;h&nbsp;30 à 16&nbsp;h&nbsp;30',
    phone: 'Téléphone&nbsp;:',
  },
  en: {
    itself: 'English',
    title: 'Recreation: autumn programme',
    town: 'Town of Bellerive',
    menu: 'Language',
    intro: 'Classes begin the week of September 14 and last ten weeks.',
    activities: 'Activities',
    programme: [
      ['Swimming, level 1', 'Ages 6 to 12, $62', 'Saturday, 9:00 to 9:45 a.m., town pool'],
      ['Skating', 'Ages 5 and up, $48', 'Sunday, 10:00 to 11:00 a.m., arena'],
      ['Pottery', 'Adults, $95', 'Tuesday, 7:00 to 9:00 p.m., arts centre'],
    ],
    registration: 'Registration',
    how: 'Online registration takes five people at a time. Take a number: the order of arrival is kept.',
    register: 'Register online',
    withoutScripts: 'This link leads to the queue first.',
    office: 'Recreation office',
    hours: 'Monday to Friday, 8:30 a.m. to 4:30 p.m.',
    phone: 'Phone:',
  },
  es: {
    itself: 'Español',
    title: 'Actividades recreativas: programa de otoño',
    town: 'Municipio de Bellerive',
    menu: 'Idioma',
    intro: 'Los cursos empiezan la semana del 14 de septiembre y duran diez semanas.',
    activities: 'Actividades',
    programme: [
      ['Natación, nivel 1', 'De 6 a 12 años, 62&nbsp;$', 'Sábado, de 9:00 a 9:45, piscina municipal'],
      ['Patinaje', 'A partir de 5 años, 48&nbsp;$', 'Domingo, de 10:00 a 11:00, pista de hielo'],
      ['Cerámica', 'Personas adultas, 95&nbsp;$', 'Martes, de 19:00 a 21:00, casa de las artes'],
    ],
    registration: 'Inscripción',
    how: 'La inscripción en línea recibe a cinco personas a la vez. Tome un número: se respeta el orden de llegada.',
    register: 'Inscribirse en línea',
    withoutScripts: 'Este enlace lleva primero a la fila de espera.',
    office: 'Oficina de actividades recreativas',
    hours: 'De lunes a viernes, de 8:30 a 16:30',
    phone: 'Teléfono:',
  },
  ar: {
    itself: 'العربية',
    title: 'الأنشطة الترفيهية: برنامج الخريف',
    town: 'بلدية بيلريف',
    menu: 'اللغة',
    intro: 'تبدأ الدورات في أسبوع 14 سبتمبر وتستمر عشرة أسابيع.',
    activities: 'الأنشطة',
    programme: [
      ['السباحة، المستوى 1', 'من 6 إلى 12 سنة، 62 دولارًا', 'السبت، من 9:00 إلى 9:45، المسبح البلدي'],
      ['التزلج', 'من 5 سنوات فما فوق، 48 دولارًا', 'الأحد، من 10:00 إلى 11:00، صالة التزلج'],
      ['الفخار', 'للكبار، 95 دولارًا', 'الثلاثاء، من 19:00 إلى 21:00، دار الفنون'],
    ],
    registration: 'التسجيل',
    how: 'يستقبل التسجيل عبر الإنترنت خمسة أشخاص في الوقت نفسه. خذ رقمًا: ترتيب الوصول محفوظ.',
    register: 'التسجيل عبر الإنترنت',
    withoutScripts: 'يقود هذا الرابط إلى طابور الانتظار أولًا.',
    office: 'مكتب الأنشطة الترفيهية',
    hours: 'من الاثنين إلى الجمعة، من 8:30 إلى 16:30',
    phone: 'الهاتف:',
  },
};

/** The language of a request: `?lang=` first, then the first that the browser prefers, else French. */
export function townLanguage(asked: string | null, acceptLanguage = ''): TownLanguage {
  const wishes = [asked ?? '', ...acceptLanguage.split(',')].map((wish) => wish.trim().slice(0, 2));
  return wishes.flatMap((wish) => townLanguages.find((language) => language === wish) ?? [])[0] ?? 'fr';
}

/** The whole HTML document. */
export function townPage(page: TownPage): string {
  const { language, roomId, guichetUrl } = page;
  const say = words[language];
  return `<!doctype html>
<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${say.title} – ${say.town}</title>
<style>${townStyle}</style>
<script src="${guichetUrl}/widget.js" defer></script>
</head>
<body>
<header>
<p>${say.town}</p>
<nav aria-label="${say.menu}"><ul>${townLanguages.map((other) => menuItem(other, language)).join('')}</ul></nav>
</header>
<main>
<h1>${say.title}</h1>
<p>${say.intro}</p>
<h2>${say.activities}</h2>
<ul class="programme">
${say.programme.map(([name, who, when]) => `<li><h3>${name}</h3><p>${who}</p><p>${when}</p></li>`).join('\n')}
</ul>
<h2>${say.registration}</h2>
<p>${say.how}</p>
<p><a class="register" id="register" href="${queueAddress(page)}">${say.register}</a></p>
<guichet-room room="${roomId}" guards="#register"><p>${say.withoutScripts}</p></guichet-room>
</main>
<footer>
<h2>${say.office}</h2>
<p>${say.hours}</p>
<p>${say.phone} <a href="tel:555-0100" dir="ltr">555-0100</a></p>
</footer>
</body>
</html>
`;
}

function menuItem(other: TownLanguage, language: TownLanguage): string {
  const current = other === language ? ' aria-current="true"' : '';
  return `<li><a href="/?lang=${other}" lang="${other}" hreflang="${other}"${current}>${words[other].itself}</a></li>`;
}

/** The waiting page, which leads on to the site: for those without scripts. The widget reads the target from it. */
function queueAddress({ language, roomId, guichetUrl, siteUrl }: TownPage): string {
  const target = new URL(siteUrl);
  // The site speaks two languages.
  if (language === 'fr' || language === 'en') target.searchParams.set('lang', language);
  const query = new URLSearchParams({ lang: language, t: target.href });
  return `${guichetUrl}/rooms/${roomId}?${query.toString().replace('&', '&amp;')}`;
}
