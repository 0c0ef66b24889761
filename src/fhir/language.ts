const TAG = /^[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?$/i;

/** R4 ValueSet languages: what validators take in Attachment.language. */
const COMMON = new Set(
  `ar bn cs da de de-AT de-CH de-DE el en en-AU en-CA en-GB en-IN en-NZ en-SG en-US es es-AR es-ES es-UY fi fr fr-BE fr-CH fr-FR fy
   fy-NL hi hr it it-CH it-IT ja ko nl nl-BE nl-NL no no-NO pa pl pl-PL pt pt-BR ru ru-RU sr sr-RS sv sv-SE te zh zh-CN zh-HK zh-SG
   zh-TW`.split(/\s+/),
);

/** A language as R4 writes it (`FR_fr` → `fr-FR`), without a region that R4 does not list (`fr-RE` → `fr`); undefined where R4 lists none. */
export function languageTag(text: string): string | undefined {
  const tag = text.trim().replaceAll('_', '-');
  const [canonical = ''] = TAG.test(tag) ? Intl.getCanonicalLocales(tag) : [];
  return [canonical, canonical.replace(/-.*/, '')].find((language) => COMMON.has(language));
}
