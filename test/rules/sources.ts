import { basename } from 'node:path';
import ts from 'typescript';
import type { Package, SourceFile } from '../workspace.js';

const maxLines = 250;
const suppression = /@ts-(?:ignore|expect-error|nocheck)|biome-ignore|eslint-disable/;
const coverageIgnore = /\b(?:v8|c8|istanbul) ignore\b(?!.*-- \S)/;
const optionsName = /(?:Options|Config|Expectations)$/;
const containers = ['Map', 'Set'];
const actingGlobals = [
  'console',
  'process',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
];

/** Sources can be dropped by a bundler, loaded twice, and read in one sitting. */
export function sourceProblems(pkg: Package): string[] {
  return pkg.sources.flatMap((file) => {
    const statements = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true).statements;
    const problems = [
      ...textProblems(file),
      ...statements.flatMap(exportProblems),
      ...(file.path === 'src/index.ts' ? statements.flatMap(barrelProblems) : []),
      ...(isCommand(pkg, file) ? [] : statements.flatMap(sideEffectProblems)),
      ...statements.flatMap(durationProblems),
    ];
    return problems.map((problem) => `${file.path}: ${problem}`);
  });
}

function textProblems({ text }: SourceFile): string[] {
  const lines = text.trimEnd().split('\n');
  return [
    ...(lines.length > maxLines ? [`${lines.length} lines, more than ${maxLines}: split it by idea`] : []),
    ...lines.filter((line) => suppression.test(line)).map((line) => `suppression "${line.trim()}"`),
    ...lines
      .filter((line) => coverageIgnore.test(line))
      .map((line) => `"${line.trim()}" gives no reason after "--"`),
  ];
}

function exportProblems(statement: ts.Statement): string[] {
  if (ts.isExportAssignment(statement) || hasModifier(statement, ts.SyntaxKind.DefaultKeyword)) {
    return ['default export: use a named one'];
  }
  if (!ts.isExportDeclaration(statement)) return [];
  return statement.exportClause && ts.isNamedExports(statement.exportClause)
    ? []
    : [`"${statement.getText()}": name what is exported`];
}

function barrelProblems(statement: ts.Statement): string[] {
  return ts.isExportDeclaration(statement) && statement.moduleSpecifier
    ? []
    : [`"${firstLine(statement)}": only re-exports belong here`];
}

/** Who sets an option that is a time must not have to guess what it is in, nor what holds without it. */
function durationProblems(statement: ts.Statement): string[] {
  if (!ts.isInterfaceDeclaration(statement) || !hasModifier(statement, ts.SyntaxKind.ExportKeyword))
    return [];
  if (!optionsName.test(statement.name.text)) return [];
  return statement.members.filter(isDuration).flatMap((member) => {
    const comment = ts.getJSDocCommentsAndTags(member).at(-1)?.getText() ?? '';
    const name = `${statement.name.text}.${member.name?.getText()}`;
    return [
      ...(comment.includes('millisecond') ? [] : [`the comment of ${name} does not say "milliseconds"`]),
      ...(/default|without it/i.test(comment) ? [] : [`the comment of ${name} does not say its default`]),
    ];
  });
}

function isDuration(member: ts.TypeElement): boolean {
  const name = member.name?.getText() ?? '';
  return ts.isPropertySignature(member) && member.questionToken !== undefined && name.endsWith('Ms');
}

function sideEffectProblems(statement: ts.Statement): string[] {
  if (ts.isImportDeclaration(statement)) {
    return statement.importClause ? [] : [`"${statement.getText()}" is imported for its side effects`];
  }
  if (ts.isVariableStatement(statement)) return variableProblems(statement);
  return isDeclaration(statement) ? [] : [`"${firstLine(statement)}" runs on import`];
}

function variableProblems(statement: ts.VariableStatement): string[] {
  if (!(statement.declarationList.flags & ts.NodeFlags.Const)) {
    return [`"${firstLine(statement)}" is state of the module: use const`];
  }
  return statement.declarationList.declarations.flatMap(({ initializer }) => {
    if (!initializer) return [];
    if (isStateContainer(initializer)) {
      return [`"${firstLine(statement)}" is state of the module: give it an owner`];
    }
    return acts(initializer) ? [`"${firstLine(statement)}" runs on import`] : [];
  });
}

/** One made empty is made to be filled; one made with its entries is a table. A WeakMap belongs to its keys. */
function isStateContainer(node: ts.Expression): boolean {
  return (
    ts.isNewExpression(node) &&
    containers.includes(node.expression.getText()) &&
    (node.arguments ?? []).length === 0
  );
}

/** Whether evaluating the expression calls something that reaches outside, functions inside it left out. */
function acts(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isAwaitExpression(node)) return true;
  if (ts.isCallExpression(node) && actingGlobals.includes(node.expression.getText().split(/\W/)[0] ?? '')) {
    return true;
  }
  return ts.forEachChild(node, acts) ?? false;
}

function isDeclaration(statement: ts.Statement): boolean {
  return (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isExportDeclaration(statement) ||
    hasModifier(statement, ts.SyntaxKind.DeclareKeyword)
  );
}

/** The file behind an entry of `bin`: running on import is what it is for. */
function isCommand({ manifest }: Package, { path }: SourceFile): boolean {
  const targets = typeof manifest.bin === 'string' ? [manifest.bin] : Object.values(manifest.bin ?? {});
  return targets.some((target) => basename(target).replace(/\.\w+$/, '') === basename(path, '.ts'));
}

function hasModifier(statement: ts.Statement, kind: ts.SyntaxKind): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement)?.some((modifier) => modifier.kind === kind) ?? false)
  );
}

function firstLine(node: ts.Node): string {
  return node.getText().split('\n', 1)[0] ?? '';
}
