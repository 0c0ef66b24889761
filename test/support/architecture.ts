import { posix } from 'node:path';
import ts from 'typescript';

/** Path from the checkout, e.g. `src/route/route.ts` → text. */
export type Sources = ReadonlyMap<string, string>;

/** One rule broken at one place, as a sentence. */
export type Violation = string;

const WORDS = ['message', 'hl7v2', 'cda', 'fhir'];
const PURE = ['translate', 'record', 'circle', 'route', 'apply'];
const EDGE = ['receive', 'store', 'deliver', 'serve', 'work', 'watch'];
const WIRING = ['main.ts', 'wire', 'cli'];
const ROOMS = new Set([...WORDS, ...PURE, ...EDGE, ...WIRING, 'config', 'journey.ts']);
const PURE_ROOMS = new Set([...WORDS, ...PURE, 'journey.ts']);

/** Of PURE, who may import whom: `apply` has all of them done, `route` asks who is of the circle. */
const PURE_OF_PURE: ReadonlyMap<string, readonly string[]> = new Map([
  ['apply', ['translate', 'record', 'circle', 'route']],
  ['route', ['circle']],
]);

/** The import table of docs/design.md, *The rooms*: room → what it may import beside itself. */
const MAY_IMPORT: ReadonlyMap<string, readonly string[]> = new Map([
  ['message', []],
  ...['hl7v2', 'cda', 'fhir'].map((room): [string, string[]] => [room, ['message']]),
  ...PURE.map((room): [string, string[]] => [room, [...WORDS, 'journey.ts', ...(PURE_OF_PURE.get(room) ?? [])]]),
  ...EDGE.map((room): [string, string[]] => [room, [...WORDS, ...PURE, 'config', 'journey.ts']]),
  // Its checks compile the mapping files.
  ['config', [...WORDS, 'translate']],
  ['journey.ts', ['message']],
  ['main.ts', [...ROOMS].filter((room) => room !== 'cli')],
  ['wire', [...ROOMS].filter((room) => room !== 'cli' && room !== 'main.ts')],
  ['cli', [...ROOMS]],
]);

/** What words and PURE may take from outside the house: nothing that reads a clock, a socket, a file or chance. */
const PURE_PACKAGES = new Set(['node:buffer', 'node:crypto', 'node:zlib', 'yaml', 'saxes', 'yauzl', 'fhir/r4.js']);
/** Of node:crypto only what gives the same result for the same bytes. */
const PURE_CRYPTO = new Set(['createHash', 'hash']);
const IMPURE_GLOBALS = new Set(
  'process performance setTimeout setInterval setImmediate queueMicrotask fetch crypto WebSocket globalThis require'.split(
    ' ',
  ),
);
/** Of Date only what its arguments decide. */
const PURE_DATE = new Set(['parse', 'UTC']);

/** Folders named after a kind of code say nothing of the journey. */
const EMPTY_NAMES = new Set(['utils', 'util', 'helpers', 'services', 'types', 'common', 'lib', 'managers']);

/** `main.ts` is read first, so it is short. */
const MAIN_LINES = 120;
/** Errors that are not ours, because a library asks for its own. */
const FOREIGN_ERRORS: ReadonlyMap<string, string> = new Map([
  ['src/work/queues.ts UnrecoverableError', 'BullMQ stops trying a job only for its own error'],
  ['src/work/lane-jobs.ts UnrecoverableError', 'the same'],
  ['src/work/lane-jobs.ts DelayedError', 'BullMQ takes a job for one that was moved to later only by its own error'],
]);

/** Every rule of docs/design.md, *The rooms*, that these files break. */
export function violationsOf(sources: Sources): Violation[] {
  const files = parsed(sources);
  const imports = importsOfAll(sources);
  return [
    ...files.flatMap(({ path }) => placeFaults(path)),
    ...lengthFaults(sources),
    ...imports.flatMap(({ path, found }) => found.flatMap((one) => importFaults(path, one, sources))),
    ...cycles(imports, sources).map((group) => `${group} import each other in a cycle`),
    ...files.flatMap(({ path, source }) => codeFaults(path, source)),
  ];
}

function parsed(sources: Sources): { path: string; source: ts.SourceFile }[] {
  return [...sources].map(([path, text]) => ({
    path,
    source: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true),
  }));
}

function importsOfAll(sources: Sources): { path: string; found: Imported[] }[] {
  return parsed(sources).map(({ path, source }) => ({ path, found: importsOf(source) }));
}

interface Imported {
  specifier: string;
  names: string[];
}

/** Every way a file can take something from another: import, type import, export from, import(), `import('x').T`, require. */
function importsOf(source: ts.SourceFile): Imported[] {
  const found: Imported[] = [];
  const add = (specifier: ts.Node | undefined, names: string[] = []) => {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) found.push({ specifier: specifier.text, names });
  };
  walk(source, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importedNames(node));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, ['*']);
    else if (ts.isExternalModuleReference(node)) add(node.expression, ['*']);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, ['*']);
    else if (ts.isCallExpression(node) && isImportCall(node)) add(node.arguments[0], ['*']);
  });
  return found;
}

function isImportCall({ expression }: ts.CallExpression): boolean {
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === 'require')
  );
}

function importedNames({ importClause }: ts.ImportDeclaration): string[] {
  const bindings = importClause?.namedBindings;
  const named = bindings === undefined ? [] : ts.isNamespaceImport(bindings) ? ['*'] : bindings.elements.map(nameOf);
  return [...(importClause?.name === undefined ? [] : ['*']), ...named];
}

function nameOf({ propertyName, name }: ts.ImportSpecifier): string {
  return (propertyName ?? name).text;
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => {
    walk(child, visit);
  });
}

/** The files `src/wire-*.ts` are one room. */
function roomOf(path: string): string {
  const room = path.split('/')[1] ?? '';
  return /^wire-[a-z0-9-]+\.ts$/.test(room) ? 'wire' : room;
}

function lengthFaults(sources: Sources): Violation[] {
  const lines = (sources.get('src/main.ts') ?? '').trimEnd().split('\n').length;
  return lines > MAIN_LINES
    ? [`src/main.ts has ${lines} lines, ${MAIN_LINES} at most: wiring goes to src/wire-*.ts`]
    : [];
}

function placeFaults(path: string): Violation[] {
  const folders = path.split('/').slice(1, -1);
  const empty = folders.filter((folder) => EMPTY_NAMES.has(folder));
  const room = roomOf(path);
  return [
    ...empty.map((folder) => `${path}: the folder ${folder}/ says nothing of what is in it; name it after the thing`),
    ...(ROOMS.has(room) ? [] : [`${path}: ${room} is no room of the house`]),
  ];
}

/** The file of the house that a relative import leads to. */
function targetOf(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
}

function importFaults(path: string, { specifier, names }: Imported, sources: Sources): Violation[] {
  const room = roomOf(path);
  const target = targetOf(path, specifier);
  if (target === undefined) return packageFaults(path, specifier, names);
  if (!sources.has(target)) return [`${path} imports ${specifier}, which leads to no file`];
  const other = roomOf(target);
  const allowed = MAY_IMPORT.get(room) ?? [];
  if (other === room || allowed.includes(other)) return [];
  if (EDGE.includes(room) && EDGE.includes(other))
    return [`${path} imports ${specifier}: an EDGE never imports another EDGE; its wiring hands over a function`];
  if (room === 'main.ts' || room === 'wire')
    return [`${path} imports ${specifier}: the gateway knows nothing of what starts it`];
  if (WIRING.includes(other))
    return [`${path} imports ${specifier}: only main.ts, wire-*.ts and cli/ wire the rooms together`];
  return [`${path} imports ${specifier}: ${room} may import ${allowed.join(', ') || 'nothing of the house'} only`];
}

function packageFaults(path: string, specifier: string, names: readonly string[]): Violation[] {
  if (!PURE_ROOMS.has(roomOf(path))) return [];
  if (!PURE_PACKAGES.has(specifier))
    return [`${path} imports ${specifier}: words and PURE take ${[...PURE_PACKAGES].join(', ')} from outside, no more`];
  if (specifier !== 'node:crypto') return [];
  return names
    .filter((name) => !PURE_CRYPTO.has(name))
    .map((name) => `${path} imports ${name} of node:crypto: words and PURE have neither chance nor keys`);
}

/** Groups of files that import each other, type-only imports included (Tarjan’s strongly connected components). */
function cycles(imports: readonly { path: string; found: Imported[] }[], sources: Sources): string[] {
  const edges = new Map(
    imports.map(({ path, found }) => [
      path,
      found.flatMap(({ specifier }) => targetOf(path, specifier) ?? []).filter((target) => sources.has(target)),
    ]),
  );
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[] = [];
  const visit = (path: string): number => {
    const index = order.size;
    order.set(path, index);
    stack.push(path);
    let lowest = index;
    for (const next of edges.get(path) ?? [])
      if (!order.has(next)) lowest = Math.min(lowest, visit(next));
      else if (stack.includes(next)) lowest = Math.min(lowest, order.get(next) ?? index);
    low.set(path, lowest);
    if (lowest === index) {
      const group = stack.splice(stack.indexOf(path));
      if (group.length > 1 || (edges.get(path) ?? []).includes(path)) found.push(group.sort().join(', '));
    }
    return lowest;
  };
  for (const path of edges.keys()) if (!order.has(path)) visit(path);
  return found;
}

function codeFaults(path: string, source: ts.SourceFile): Violation[] {
  const found: Violation[] = [];
  const pure = PURE_ROOMS.has(roomOf(path));
  walk(source, (node) => {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    const what = environmentFault(path, node) ?? errorFault(path, node) ?? (pure ? impurity(node) : undefined);
    if (what !== undefined) found.push(`${path}:${line}: ${what}`);
  });
  return found;
}

function isEnvironment(node: ts.Node): boolean {
  const named =
    (ts.isPropertyAccessExpression(node) && node.name.text === 'env') ||
    (ts.isElementAccessExpression(node) && node.argumentExpression.getText() === "'env'");
  return named && node.expression.getText() === 'process';
}

/** process.env, an alias of it, or node:process, elsewhere than in config/: what a child needs is handed over. */
function environmentFault(path: string, node: ts.Node): string | undefined {
  if (roomOf(path) === 'config') return undefined;
  const rule = 'only config/ reads the environment';
  if (ts.isImportDeclaration(node) && /^'(node:)?process'$/.test(node.moduleSpecifier.getText())) return rule;
  if (
    ts.isVariableDeclaration(node) &&
    node.initializer?.getText() === 'process' &&
    ts.isObjectBindingPattern(node.name)
  )
    return rule;
  return isEnvironment(node) ? rule : undefined;
}

/** Bare errors, and throws of what is no error at all. What was caught may be thrown on. */
function errorFault(path: string, node: ts.Node): string | undefined {
  if (ts.isThrowStatement(node)) return mayBeThrown(node.expression) ? undefined : 'what is thrown is a GatewayError';
  const made = ts.isNewExpression(node) || (ts.isCallExpression(node) && ts.isIdentifier(node.expression));
  const name = made ? node.expression.getText() : '';
  if (!/^[A-Z]\w*(Error|Exception)$|^Error$/.test(name) || name === 'GatewayError') return undefined;
  return FOREIGN_ERRORS.has(`${path} ${name}`) ? undefined : `${name}: a failure is a GatewayError with its code`;
}

/** Something made, something called, or something held: what it is made of is the business of the rule on bare errors. */
function mayBeThrown(expression: ts.Expression): boolean {
  if (ts.isConditionalExpression(expression))
    return mayBeThrown(expression.whenTrue) && mayBeThrown(expression.whenFalse);
  if (ts.isParenthesizedExpression(expression)) return mayBeThrown(expression.expression);
  if (ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
    return mayBeThrown(expression.left) && mayBeThrown(expression.right);
  return (
    ts.isNewExpression(expression) ||
    ts.isCallExpression(expression) ||
    ts.isIdentifier(expression) ||
    ts.isPropertyAccessExpression(expression) ||
    ts.isElementAccessExpression(expression)
  );
}

/** A clock, chance, a timer or the surroundings in a room that has none. */
function impurity(node: ts.Node): string | undefined {
  if (!ts.isIdentifier(node) || isName(node)) return undefined;
  const { parent, text } = node;
  const member = ts.isPropertyAccessExpression(parent) && parent.expression === node ? parent.name.text : undefined;
  const rule = 'words and PURE have no clock, no chance, no timer and no surroundings; hand it in as an argument';
  if (IMPURE_GLOBALS.has(text)) return `${text}: ${rule}`;
  if (text === 'Math') return member !== undefined && member !== 'random' ? undefined : `Math.random: ${rule}`;
  if (text !== 'Date' || (member !== undefined && PURE_DATE.has(member))) return undefined;
  if (ts.isTypeReferenceNode(parent)) return undefined;
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword) return undefined;
  if (ts.isNewExpression(parent) && (parent.arguments?.length ?? 0) > 0) return undefined;
  return `Date: ${rule}`;
}

/** The name of a member, a property or a declaration, not the global of that name. */
function isName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isPropertyAssignment(parent)) return parent.name === node;
  return (
    ts.isPropertySignature(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isQualifiedName(parent)
  );
}

/** Named exceptions that nothing needs any more. */
export function needlessExceptions(sources: Sources): Violation[] {
  const held = (path: string, text: string) => (sources.get(path) ?? '').includes(text);
  const errors = [...FOREIGN_ERRORS.keys()]
    .filter((entry) => {
      const [path = '', name = ''] = entry.split(' ');
      return !held(path, `new ${name}(`);
    })
    .map((entry) => `${entry} is no longer thrown`);
  return errors.map((what) => `${what}: take the exception away`);
}
