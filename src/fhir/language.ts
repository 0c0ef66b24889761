const TAG = /^[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?$/i;

/** A language as BCP 47 writes it (`FR_fr` → `fr-FR`); undefined where it names none. */
export function languageTag(text: string): string | undefined {
  const tag = text.trim().replaceAll('_', '-');
  return TAG.test(tag) ? Intl.getCanonicalLocales(tag)[0] : undefined;
}
