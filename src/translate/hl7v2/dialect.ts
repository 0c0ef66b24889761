import { parsePath } from '../../hl7v2/path.js';
import { compileCondition, hl7ConditionPath } from '../condition.js';
import { CONVERTERS } from './converters.js';
import type { Dialect } from '../dialect.js';
import type { Hl7v2 } from '../converter.js';

/** Rows over the segments of an HL7 v2 message. */
export const HL7V2: Dialect<Hl7v2> = {
  from(text, reads) {
    const path = parsePath(text);
    if (path === undefined || path.field === 0 || path.segment !== reads) return undefined;
    return { path, field: `${reads}-${path.field}` };
  },
  example: (reads) => `${reads}-3`,
  condition: (text) => compileCondition(text, hl7ConditionPath),
  converters: CONVERTERS,
};
