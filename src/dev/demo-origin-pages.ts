/**
 * The pages of the demo site, in French and English: plain HTML, no script, one style sheet of a few lines.
 * Everything that came from a visitor is escaped here.
 */

export type PageLanguage = 'fr' | 'en';

/** Everything a page may show. `fields` are what the person filled in so far, carried along as hidden fields. */
export type OriginPage =
  | { page: 'details' }
  | { page: 'activity'; fields: Record<string, string> }
  | { page: 'confirmed'; reference: string }
  | { page: 'already-registered' }
  | { page: 'logged-out'; waitingUrl: string | null }
  | { page: 'overloaded' }
  | { page: 'unknown' };

/** The fields of the two steps; anything else that is posted is dropped. */
export const formFields = ['name', 'birthYear', 'activity'] as const;

const activities = {
  swimming: { fr: 'Natation, niveau 1', en: 'Swimming, level 1' },
  skating: { fr: 'Patinage', en: 'Skating' },
  pottery: { fr: 'Poterie', en: 'Pottery' },
} as const;

const words = {
  fr: {
    site: 'Loisirs de Bellerive — inscriptions',
    details: 'Étape 1 sur 2 : la personne à inscrire',
    name: 'Nom et prénom',
    birthYear: 'Année de naissance',
    next: 'Continuer',
    activity: 'Étape 2 sur 2 : l’activité',
    submit: 'Confirmer l’inscription',
    confirmed: 'Inscription confirmée',
    reference: 'Numéro de dossier :',
    already: 'Votre inscription est terminée. Pour inscrire une autre personne, reprenez la file.',
    loggedOut: 'Vous avez quitté le site. Votre place est libérée pour la personne suivante.',
    back: 'Retourner à la salle d’attente',
    overloaded: 'Le site est surchargé. Réessayez dans un instant.',
    unknown: 'Cette page n’existe pas.',
    logOut: 'Quitter',
    other: 'English',
  },
  en: {
    site: 'Bellerive Recreation — registration',
    details: 'Step 1 of 2: who is registering',
    name: 'Full name',
    birthYear: 'Year of birth',
    next: 'Continue',
    activity: 'Step 2 of 2: the activity',
    submit: 'Confirm registration',
    confirmed: 'Registration confirmed',
    reference: 'File number:',
    already: 'Your registration is finished. To register someone else, take a new turn.',
    loggedOut: 'You have left the site. Your place is free for the next person.',
    back: 'Back to the waiting room',
    overloaded: 'The site is overloaded. Try again in a moment.',
    unknown: 'There is no such page.',
    logOut: 'Log out',
    other: 'Français',
  },
} as const;

/** The language of a request: `?lang=` first, then what the browser prefers, else French. */
export function pageLanguage(asked: string | null, acceptLanguage: string | undefined): PageLanguage {
  if (asked === 'fr' || asked === 'en') return asked;
  return /^\s*en\b/i.test(acceptLanguage ?? '') ? 'en' : 'fr';
}

/** The whole HTML document. */
export function originPage(page: OriginPage, language: PageLanguage): string {
  const say = words[language];
  const other = language === 'fr' ? 'en' : 'fr';
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${say.site}</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; background: #fff; }
label { display: block; margin-top: 1rem; }
input, select, button { font: inherit; padding: 0.5rem; width: 100%; box-sizing: border-box; }
button { margin-top: 1.5rem; background: #0b5345; color: #fff; border: 0; }
header { display: flex; justify-content: space-between; border-bottom: 1px solid #999; }
</style>
</head>
<body>
<header><p>${say.site}</p><p><a href="/?lang=${other}" lang="${other}" hreflang="${other}">${say.other}</a></p></header>
<main>
${content(page, language)}
</main>
</body>
</html>
`;
}

function content(page: OriginPage, language: PageLanguage): string {
  const say = words[language];
  const logOut = `<p><a href="/log-out?lang=${language}">${say.logOut}</a></p>`;
  switch (page.page) {
    case 'details':
      return `<h1>${say.details}</h1>
<form method="post" action="/registration/details?lang=${language}">
<label>${say.name}<input name="name" required maxlength="100" autocomplete="name"></label>
<label>${say.birthYear}<input name="birthYear" required inputmode="numeric" pattern="[0-9]{4}" maxlength="4"></label>
<button>${say.next}</button>
</form>
${logOut}`;
    case 'activity':
      return `<h1>${say.activity}</h1>
<form method="post" action="/registration/activity?lang=${language}">
${Object.entries(page.fields)
  .map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`)
  .join('\n')}
<label>${say.activity}<select name="activity">
${Object.entries(activities)
  .map(([value, label]) => `<option value="${value}">${label[language]}</option>`)
  .join('\n')}
</select></label>
<button>${say.submit}</button>
</form>
${logOut}`;
    case 'confirmed':
      return `<h1>${say.confirmed}</h1>\n<p>${say.reference} <strong>${escaped(page.reference)}</strong></p>`;
    case 'already-registered':
      return `<h1>${say.confirmed}</h1>\n<p>${say.already}</p>`;
    case 'logged-out':
      return `<p>${say.loggedOut}</p>${page.waitingUrl === null ? '' : `\n<p><a href="${escaped(page.waitingUrl)}">${say.back}</a></p>`}`;
    case 'overloaded':
      return `<p role="alert">${say.overloaded}</p>`;
    case 'unknown':
      return `<p>${say.unknown}</p>`;
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
