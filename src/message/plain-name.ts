/**
 * A name as two are compared: without case, accents, hyphens, apostrophes and spaces. `Lefèvre-Dupont` and `LEFEVRE DUPONT` are one.
 */
export function plainName(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toUpperCase();
}
