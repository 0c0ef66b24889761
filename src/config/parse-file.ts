import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type YAMLError,
} from 'yaml';
import { GatewayError } from '../message/failure.js';
import type { ConfigurationFile } from './faults.js';
import { fileSchema } from './schema.js';

/** The file’s YAML, every scalar as text; undefined where it is none. */
export function parseFile(path: string, text: string, faults: GatewayError[]): ConfigurationFile | undefined {
  const lines = new LineCounter();
  const before = faults.length;
  const fault = (line: number, what: string, remedy: string) => {
    faults.push(new GatewayError('config-invalid', what, { file: path, line, remedy }));
  };
  const broken = text.indexOf('\uFFFD');
  if (broken >= 0) fault(lineAt(text, broken), 'a letter that is no UTF-8', 'save the file as UTF-8');
  const document = parseDocument(text, { schema: 'failsafe', merge: true, lineCounter: lines });
  for (const error of [...document.errors, ...document.warnings])
    fault(error.linePos?.[0].line ?? 1, ...wordsOf(error));
  for (const { offset, what, remedy } of danglingReferences(document)) fault(lines.linePos(offset).line, what, remedy);
  const content = faults.length > before ? undefined : contentOf(document);
  if (content === undefined) {
    if (faults.length === before) fault(1, 'aliases that repeat each other too often', 'write the settings out');
    return undefined;
  }
  const lineOf = (at: readonly PropertyKey[]) => {
    for (let depth = at.length; depth >= 0; depth--) {
      const node: unknown = document.getIn(at.slice(0, depth), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  return { path, content: withoutEmptyLists(content), lineOf };
}

/** What the parser found, without what stands there: it may be a secret. */
function wordsOf({ code, message }: YAMLError): [what: string, remedy: string] {
  if (code === 'TAG_RESOLVE_FAILED') return ['a tag (!name) means nothing here', 'put quotes around the text'];
  if (code === 'MULTIPLE_DOCS') return ['a second document begins (---)', 'keep one in the file'];
  const what = (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
  return [what || 'not YAML', 'mend the YAML at that line'];
}

/** Aliases of nothing, and merged keys (`<<`) of what has no keys. */
function danglingReferences(document: Document): { offset: number; what: string; remedy: string }[] {
  const dangling: { offset: number; what: string; remedy: string }[] = [];
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      const remedy = 'name it before with &name, or put quotes around it';
      dangling.push({ offset: alias.range?.[0] ?? 0, what: 'an alias (*name) of nothing', remedy });
    },
    Pair(_key, { key, value }) {
      if (!isScalar(key) || typeof key.value !== 'symbol' || hasKeys(value, document)) return;
      const what = 'a merged key (<<) of what has no settings';
      dangling.push({ offset: key.range?.[0] ?? 0, what, remedy: 'write e.g. <<: *name' });
    },
  });
  return dangling;
}

/** An alias of nothing is told as that. */
function hasKeys(node: unknown, document: Document): boolean {
  const target = isAlias(node) ? node.resolve(document) : node;
  if (target === undefined || isMap(target)) return true;
  return isSeq(target) && target.items.every((item) => isMap(isAlias(item) ? item.resolve(document) : item));
}

/** @returns undefined where aliases of aliases would make more of it than there is memory */
function contentOf(document: Document): unknown {
  try {
    return (document.toJS() as unknown) ?? {};
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

/** How YAML writes that there is nothing: a list of which every line is commented out is an empty one. */
const NOTHING: readonly unknown[] = ['', '~', 'null'];

function withoutEmptyLists(content: unknown): unknown {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return content;
  const defaults: Readonly<Record<string, unknown>> = fileSchema.parse({});
  return Object.fromEntries(
    Object.entries(content).filter(([key, value]) => !NOTHING.includes(value) || !Array.isArray(defaults[key])),
  );
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
