/** The words of the page of the API; what the API says of itself is in English. */

const english = {
  skip: 'Go to the content',
  otherDocument: { internal: 'The API for visitors', public: 'The API for operators and origins' },
  languages: 'Language',
  contents: 'Contents',
  machine: 'For programs: the OpenAPI 3.1 document',
  who: 'Who may:',
  nobody: 'No key is needed.',
  queueToken: 'The holder of a ticket: Authorization: Bearer <queue token>.',
  queueTokenMaybe: 'Anyone; with a queue token, the holder of that ticket.',
  apiKey: 'An API key of this scope, or of one that includes it:',
  parameters: 'Parameters',
  path: 'in the address',
  query: 'in the query',
  header: 'header',
  body: 'Body',
  bodyOptional: 'The body may be left out.',
  example: 'Example',
  answers: 'Answers',
  problems: 'Problems',
  shapes: 'Shapes',
  required: 'required',
  byDefault: 'default',
  orNull: 'or null',
  listOf: 'list of',
  textsBy: 'by name:',
  oneOf: 'one of',
  noBody: 'No body.',
};
type ApiWords = typeof english;

const french: ApiWords = {
  skip: 'Aller au contenu',
  otherDocument: { internal: 'L’API des visiteurs', public: 'L’API des opérateurs et des sites' },
  languages: 'Langue',
  contents: 'Sommaire',
  machine: 'Pour les programmes : le document OpenAPI 3.1',
  who: 'Qui peut :',
  nobody: 'Aucune clé n’est demandée.',
  queueToken: 'Qui détient un billet : Authorization: Bearer <jeton de file>.',
  queueTokenMaybe: 'Tout le monde ; avec un jeton de file, qui détient ce billet.',
  apiKey: 'Une clé d’API de cette portée, ou d’une portée qui la comprend :',
  parameters: 'Paramètres',
  path: 'dans l’adresse',
  query: 'dans la requête',
  header: 'en-tête',
  body: 'Corps',
  bodyOptional: 'Le corps peut être omis.',
  example: 'Exemple',
  answers: 'Réponses',
  problems: 'Problèmes',
  shapes: 'Formes',
  required: 'obligatoire',
  byDefault: 'par défaut',
  orNull: 'ou null',
  listOf: 'liste de',
  textsBy: 'par nom :',
  oneOf: 'l’un de',
  noBody: 'Sans corps.',
};

export const apiPageLanguages = ['fr', 'en'] as const;
export type ApiPageLanguage = (typeof apiPageLanguages)[number];
export const apiWords: { readonly [language in ApiPageLanguage]: ApiWords } = { fr: french, en: english };
export const apiLanguageNames: { readonly [language in ApiPageLanguage]: string } = {
  fr: 'Français',
  en: 'English',
};
