import { compilePath } from '../../cda/compile-path.js';
import type { Path } from '../../cda/path.js';
import { GatewayError } from '../../message/failure.js';
import { CDA_CONVERTERS } from './converters.js';
import type { Cda } from './format.js';
import { compileCondition, type ConditionPath } from '../condition.js';
import type { Dialect } from '../dialect.js';

/** Rows over the elements of a CDA document. */
export const CDA: Dialect<Cda> = {
  from(text) {
    const path = elementPath(text);
    return path === undefined ? undefined : { path, field: path.text };
  },
  example: () => 'patient/birthTime',
  condition: (text) => compileCondition(text, conditionPath),
  converters: CDA_CONVERTERS,
};

/** Compiles a path; undefined where the text is none. */
export function elementPath(text: string): Path | undefined {
  try {
    return compilePath(text);
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'mapping-invalid') return undefined;
    throw error;
  }
}

/** A path of a condition holds what any of its places says; nullFlavor says nothing. */
function conditionPath(text: string): ConditionPath<Cda> | undefined {
  const path = elementPath(text);
  if (path === undefined) return undefined;
  return {
    isOneOf: (codes, place) => place.all(path).some((at) => codes.has(at.value())),
    isEmpty: (place) => !place.all(path).some((at) => at.isFilled),
  };
}
