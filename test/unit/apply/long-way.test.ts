import { describe, expect, it } from '@jest/globals';
import { foldWindow } from '../../../src/apply/window.js';
import { AGNES, BRUNO, MemoryGateway, rol } from '../../support/applied.js';
import {
  HOSPITAL,
  INS_TEST,
  movement,
  pam,
  professional,
  segment,
  type Fields,
  type PamParts,
} from '../../support/pam.js';

const INS = `279037101400144^^^${INS_TEST}^INS`;
const A = `IPP1^^^${HOSPITAL}^PI`;
const B = 'B7^^^CH-AUTRE&2.999.72&ISO^PI';
const TRAITS: Fields = { 5: 'ESSAI^CAMILLE^CAMILLE^^^^L', 7: '19790328', 8: 'F', 32: 'VALI' };

/** A visit message of March: `A01 02 V1`, its movement named after all three. */
function visit(text: string, more: Partial<PamParts> = {}, zbe: Fields = {}): string {
  const [trigger = '', day = '', stay = ''] = text.split(' ');
  const at = `202603${day}080000`;
  const parts = { trigger, at, zbe: { ...movement(`${stay}-${trigger}`, at), ...zbe }, ...more };
  return pam({ ...parts, pid: { ...TRAITS, ...more.pid }, pv1: { 19: `${stay}^^^${HOSPITAL}^VN`, ...more.pv1 } });
}
const identity = (day: string, pid: Fields, patientSegments: string[] = []) =>
  pam({ trigger: 'A31', at: `202603${day}080000`, pv1: null, pid: { ...TRAITS, ...pid }, patientSegments });

const contact = (role: string) => segment('NK1', { 2: 'PROCHE^LEA', 3: 'CHD', 7: role, 33: `PC1^^^${HOSPITAL}^PN` });
const DOCTOR = { 7: professional('10999000099', 'INTERNE') };
const ofA = { pid: { 3: A } };
const ofB = { pid: { 3: B } };
const withIns = (number: string) => ({ pid: { 3: `${number}~${INS}` } });
const merge = pam({
  trigger: 'A40',
  at: '20260309080000',
  pv1: null,
  pid: { 3: `P2^^^${HOSPITAL}^PI`, ...TRAITS },
}).replace(/\rPV1.*/, `\rMRG|${A}`);

/** Announced in March for June. */
const PLANNED = visit('A05 02 V1', ofA, { 2: '20260601080000' });

/** Kinds of message of which the short way would not show all that it changes: what came before, and the message. */
const KINDS: [name: string, before: string[], message: string][] = [
  [
    'joins two people, whose stays are of one then',
    [visit('A01 02 V1', ofA), visit('A01 03 V7', withIns(B))],
    identity('05', { 3: `${A}~${INS}` }),
  ],
  [
    'parts two people, whose stays are of two then',
    [visit('A01 02 V1', withIns(A)), visit('A01 03 V7', withIns(B))],
    identity('05', { 3: `${B}~${INS}`, 8: 'M' }),
  ],
  [
    'is recorded before all that names a patient, who is called by another number then',
    [visit('A01 03 V1', withIns(A)), visit('A01 04 V7', withIns(B))],
    identity('01', { 3: `${B}~${INS}` }),
  ],
  ['merges two numbers', [visit('A01 02 V1', ofA), identity('03', { 3: `P2^^^${HOSPITAL}^PI` })], merge],
  [
    'declares before a dismissal that had nobody to dismiss',
    [visit('A01 02 V1', ofA), identity('07', { 3: A }, [rol(AGNES, { action: 'DE' })]), visit('A02 08 V1', ofA)],
    identity('04', { 3: A }, [rol(AGNES)]),
  ],
  [
    'names the first member of a circle, which the plans of all stays name',
    [visit('A01 02 V1', ofA), visit('A01 03 V2', ofA)],
    identity('05', { 3: A }, [rol(AGNES, { begin: '20260401' })]),
  ],
  [
    'makes the last member vanish, whose circle the plans of all stays name',
    [visit('A01 02 V1', ofA), visit('A01 03 V2', { ...ofA, pv1: DOCTOR })],
    visit('A11 04 V2', ofA, { 1: 'V2-A01^CH-ESSAI', 4: 'CANCEL', 6: 'A01' }),
  ],
  [
    'hides a contact who is a member of other stays',
    [visit('A01 02 V1', { ...ofA, patientSegments: [contact('K')] })],
    identity('05', { 3: A }, [contact('P')]),
  ],
  [
    'shows a contact again who is a member of other stays',
    [visit('A01 02 V1', { ...ofA, patientSegments: [contact('K'), contact('P')] })],
    identity('05', { 3: A }, [contact('C')]),
  ],
  [
    'declares a member as of before the events of other stays',
    [visit('A01 02 V1', { ...ofA, pv1: DOCTOR }), identity('03', { 3: A })],
    identity('05', { 3: A }, [rol(AGNES, { begin: '20260101' })]),
  ],
  [
    'declares a member when another stay is planned',
    [identity('01', { 3: A }, [rol(BRUNO)]), PLANNED],
    identity('05', { 3: A }, [rol(AGNES)]),
  ],
  [
    'declares a member as of before the events of a stay without doctors and units',
    [identity('01', { 3: A }, [rol(BRUNO)]), visit('A01 02 V1', ofA)],
    identity('05', { 3: A }, [rol(AGNES, { begin: '20260101' })]),
  ],
];

describe('the short way does not show all that a message changes which', () => {
  it.each(KINDS)('%s: then all facts are asked for', async (_name, before, message) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(...before);
    expect(gateway.theShortWay(message)).toBeUndefined();
    const { short, long } = await gateway.bothWays(message);
    expect(short).not.toEqual(long);
  });

  it('takes the place of what it said before', async () => {
    const gateway = new MemoryGateway();
    const wrong = identity('03', { 3: `P2^^^${HOSPITAL}^PI` });
    await gateway.take(visit('A01 02 V1', ofA), { messageId: 'a' });
    await gateway.take(wrong, { messageId: 'b' });
    const step = await gateway.take(identity('03', { 3: A }, [rol(AGNES)]), { messageId: 'b' });
    expect([step.supersedes, gateway.resources('Patient').length, gateway.resources('CareTeam').length]).toEqual([
      true,
      1,
      1,
    ]);
  });
});

/** Kinds of message of which it does. */
const ENOUGH: [name: string, before: string[], message: string][] = [
  [
    'an admission to another stay',
    [visit('A01 02 V1', { ...ofA, pv1: DOCTOR })],
    visit('A01 05 V2', { ...ofA, pv1: DOCTOR }),
  ],
  [
    'a transfer beside another stay',
    [visit('A01 02 V1', { ...ofA, pv1: DOCTOR }), visit('A01 03 V2', { ...ofA, pv1: DOCTOR })],
    visit('A02 05 V2', ofA),
  ],
  [
    'an identity message that renames',
    [visit('A01 02 V1', ofA), identity('03', { 3: A, 32: 'PROV' })],
    identity('05', { 3: A, 5: 'AUTRE^CAMILLE^CAMILLE^^^^L' }),
  ],
  [
    'somebody else’s message about a stay',
    [visit('A01 02 V1', { ...ofA, pv1: DOCTOR }), visit('A01 03 V2', ofA)],
    visit('A02 05 V1', ofB),
  ],
  [
    'an earlier admission of another person to a stay',
    [visit('A01 03 V1', ofB)],
    visit('A01 02 V1', { ...ofA, pv1: DOCTOR }),
  ],
  [
    'a message of an account alone',
    [
      visit('A01 02 V1', { pid: { 3: A, 18: `A1^^^${HOSPITAL}^AN` }, pv1: DOCTOR }),
      visit('A01 03 V2', { ...ofA, pv1: DOCTOR }),
    ],
    visit('A03 05 V9', { pid: { 3: A, 18: `A1^^^${HOSPITAL}^AN` }, pv1: { 19: '' } }),
  ],
  [
    'a message of a stay that another named by its account',
    [
      visit('A01 02 V1', { pid: { 3: A, 18: `A1^^^${HOSPITAL}^AN` }, pv1: DOCTOR }),
      visit('A02 03 V9', { pid: { 3: A, 18: `A1^^^${HOSPITAL}^AN` }, pv1: { 3: '3000', 19: '' } }),
    ],
    visit('A02 05 V1', ofA),
  ],
];

describe('the short way is enough for', () => {
  it.each(ENOUGH)('%s', async (_name, before, message) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(...before);
    expect(gateway.theShortWay(message)).toBeDefined();
    const { short, long } = await gateway.bothWays(message);
    expect(short).toEqual(long);
    const whole = foldedWhole(gateway);
    for (const [reference, body] of whole) expect([reference, gateway.resource(reference)]).toEqual([reference, body]);
  });
});

function foldedWhole(gateway: MemoryGateway): Map<string, unknown> {
  const { people } = foldWindow(gateway.wholeWindow(), gateway.context().fold);
  return new Map(people.flatMap(({ resources }) => [...resources].map(([key, { folded }]) => [key, folded.resource])));
}
