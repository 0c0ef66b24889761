import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Participles and the like name nothing that anybody would search for. */
const NO_NAMES = new Set(
  'said told known found one others former shown met asked owed picture Said Told Known Found Shown Met Asked Owed Picture'.split(
    ' ',
  ),
);

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/** Every declaration of such a name, as `file:line name`. */
function declarationsIn(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const { name } = node as { name?: ts.Node };
    if (isDeclaration(node) && name !== undefined && ts.isIdentifier(name) && NO_NAMES.has(name.text))
      found.push(`${file}:${String(source.getLineAndCharacterOfPosition(name.getStart()).line + 1)} ${name.text}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isDeclaration(node: ts.Node): boolean {
  return (
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isPropertySignature(node) ||
    ts.isPropertyAssignment(node)
  );
}

describe('the words of the house', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

  it('name things as the trade does', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((file) => declarationsIn(file, readFileSync(SRC + file, 'utf8')))).toEqual([]);
  });

  it('are looked for in every kind of declaration', () => {
    const text =
      'const told = 1; function known(asked: number) { const { found } = { found: asked }; } interface Said { one: 1 }';
    expect(declarationsIn('x.ts', text)).toHaveLength(7);
  });

  it('cite no text that is not here', () => {
    const citing = files.filter((file) =>
      /\b(DESIGN §|laws? \d|pam-fr §|fhir-fr §)/.test(readFileSync(SRC + file, 'utf8')),
    );
    expect(citing).toEqual([]);
  });
});
