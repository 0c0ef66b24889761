import { describe, expect, it } from '@jest/globals';
import type { Membership } from '../../../src/message/membership.js';
import type { ReceiptReason } from '../../../src/message/receipt.js';
import { buildDirectory } from '../../../src/route/directory.js';
import { receiptText, type WrittenReceipt } from '../../../src/route/receipt-text.js';

const receipt: WrittenReceipt = {
  label: 'Claire BERTHIER',
  role: 'Médecin traitant',
  event: 'admission',
  effectiveAt: '2026-03-02T08:00:00+01:00',
  decision: 'told',
  reason: 'rule-tells',
  rule: 'medecin-traitant',
  memberFrom: '2026-01-01T00:00:00+01:00',
  memberTo: null,
};

describe('a receipt', () => {
  it('says in French who was told of what, and why', () => {
    expect(receiptText(receipt, 'Europe/Paris')).toBe(
      'Claire BERTHIER (Médecin traitant) a été informé(e) de l’admission du 02/03/2026 à 08:00 : ' +
        'une règle de diffusion le prévoit (règle « medecin-traitant »). Membre du cercle depuis le 01/01/2026 à 00:00.',
    );
  });

  it('says as plainly who was not told, and why not', () => {
    const ended = { decision: 'not-told', reason: 'membership-ended', rule: null, memberTo: '2026-02-01' } as const;
    expect(receiptText({ ...receipt, ...ended }, 'Europe/Paris')).toBe(
      'Claire BERTHIER (Médecin traitant) n’a pas été informé(e) de l’admission du 02/03/2026 à 08:00 : ' +
        'à cette date, cette personne ne faisait plus partie du cercle de soins. ' +
        'Membre du cercle depuis le 01/01/2026 à 00:00 jusqu’au 01/02/2026.',
    );
  });

  it('has one word for `de` and `le`', () => {
    const text = receiptText({ ...receipt, event: 'document' }, 'Europe/Paris');
    expect(text).toContain('a été informé(e) du document du 02/03/2026 à 08:00');
  });

  it.each<ReceiptReason>([
    'rule-tells',
    'was-told-before',
    'no-rule',
    'membership-ended',
    'membership-not-begun',
    'not-in-directory',
    'no-endpoint',
    'must-not-be-notified',
    'was-not-told-before',
    'name-differs',
  ])('has words for %s', (reason) => {
    expect(receiptText({ ...receipt, reason }, 'Europe/Paris')).toMatch(/ : [a-zà-ÿ’].{20,}\./);
  });
});

describe('the moments of a receipt', () => {
  it.each([
    ['2026-03-02T07:00:00Z', 'Europe/Paris', '02/03/2026 à 08:00'],
    ['2026-07-02T23:30:00Z', 'Europe/Paris', '03/07/2026 à 01:30'],
    ['2026-03-02T08:00:00+01:00', 'Indian/Reunion', '02/03/2026 à 11:00'],
    ['2026-03-02', 'Indian/Reunion', '02/03/2026'],
  ])('are those of the reader: %s in %s', (effectiveAt, zone, text) => {
    expect(receiptText({ ...receipt, effectiveAt }, zone)).toContain(`l’admission du ${text} :`);
  });
});

describe('the directory', () => {
  const directory = buildDirectory(
    [
      { rpps: '10999000011', family: 'LE GOFF-BERTHIER', organisation: 'cpts' },
      { rpps: '10999000029', family: 'MOREL', endpoint: 'own' },
      { rpps: '10999000037', family: 'SEUL' },
    ],
    [{ id: 'cpts', identifiers: ['urn:finess|1'], endpoint: 'cpts-software' }],
  );
  const member = (identifier: string | undefined, family?: string): Pick<Membership, 'identifier' | 'family'> => ({
    ...(identifier === undefined ? {} : { identifier }),
    ...(family === undefined ? {} : { family }),
  });
  const rpps = (number: string) => `https://rpps.esante.gouv.fr|${number}`;

  it('finds a professional at his own endpoint, else at his organisation’s', () => {
    expect(directory.find(member(rpps('10999000029'), 'Morel'))).toEqual({ kind: 'endpoint', endpoint: 'own' });
    expect(directory.find(member(rpps('10999000011'), 'Le Goff Berthier'))).toEqual({
      kind: 'endpoint',
      endpoint: 'cpts-software',
    });
    expect(directory.find(member('urn:finess|1'))).toEqual({ kind: 'endpoint', endpoint: 'cpts-software' });
  });

  it('says why it finds nobody', () => {
    expect(directory.find(member(undefined)).kind).toBe('not-in-directory');
    expect(directory.find(member(rpps('10999000099'), 'MOREL')).kind).toBe('not-in-directory');
    expect(directory.find(member(rpps('10999000037'), 'SEUL')).kind).toBe('no-endpoint');
    expect(directory.find(member(rpps('10999000029'), 'MARTIN')).kind).toBe('name-differs');
    expect(directory.find(member(rpps('10999000029'))).kind).toBe('name-differs');
  });
});
