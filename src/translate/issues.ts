import { hash } from 'node:crypto';
import type { Segment } from '../hl7v2/parse.js';
import { generalPath } from '../hl7v2/path.js';
import type { TranslationIssue } from '../message/fact.js';
import type { CodeTable, Coded } from './codes.js';

/** What may stand in a work item as the code at fault; anything else may be what the patient is called. */
const CODE = /^[\w.-]{1,12}$/;

/** What somebody must look at in one message. */
export class Issues {
  readonly list: TranslationIssue[] = [];
  private readonly malformedFields = new Set<string>();

  /** A code of a table, or of no table: then it is an issue, which stops the message where the table parks. */
  code(table: CodeTable, code: string, field: string): Coded | undefined {
    const coded = table.codes.get(code);
    if (coded !== undefined || code === '') return coded;
    const named = CODE.test(code);
    this.list.push({
      blocking: table.otherwise === 'park',
      reason: 'code-unknown',
      field: generalPath(field),
      text: `a code of ${generalPath(field)} is not in the table ${table.name}`,
      key: `code-unknown|${table.name}|${named ? code : hash('sha256', code, 'hex').slice(0, 12)}`,
      ...(named ? { code } : {}),
    });
    return undefined;
  }

  /**
   * A value that is none: a date, a number, a flag of another form.
   * @param field HL7 path, e.g. `PID-29`
   */
  malformed(field: string, words?: string): void {
    const general = generalPath(field);
    const text = words ?? `the value of ${general} cannot be read`;
    this.malformedFields.add(field.replace(/^([^-]*-\d+).*$/, '$1'));
    const key = `field-invalid|${general}`;
    this.list.push({ blocking: false, reason: 'field-invalid', field: general, text, key });
  }

  /** Was that field found to hold no value? It is as good as empty then. */
  isMalformed(segment: Segment | undefined, field: number): boolean {
    if (this.malformedFields.size === 0 || segment === undefined) return false;
    const { name, occurrence } = segment;
    return this.malformedFields.has(`${name}${occurrence > 1 ? `[${occurrence}]` : ''}-${field}`);
  }

  add(issue: Omit<TranslationIssue, 'key'>, key: string): void {
    this.list.push({ ...issue, key: `${issue.reason}|${key}` });
  }

  get blocking(): boolean {
    return this.list.some(({ blocking }) => blocking);
  }
}
