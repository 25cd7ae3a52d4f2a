import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const src = join(import.meta.dirname, '../src');

/** The pipeline, left to right. A stage is a folder, or the files of one step. */
const stages: readonly (readonly [name: string, members: RegExp])[] = [
  ['parse', /^parse\//],
  ['plan', /^plan\//],
  ['prepare', /^prepare\//],
  ['measure', /^measure\//],
  ['results', /^results\//],
  ['compare', /^compare\//],
  ['gate', /^gate\//],
  ['output', /^(summarise|warnings)\.ts$|^output\//],
];

/** What puts the stages together; it may import all of them. */
const wiring = /^(bin|main|cli|write-schema)\.ts$|^(cli|commands)\//;

/**
 * Functions that belong to a record rather than to its stage: how a key of it is made, how a value of
 * it is called. Right of the stage they would be written twice.
 */
const ofRecords = new Set([
  'plan/cell.ts firmwareKey',
  'plan/cell.ts groupsOf',
  'results/record.ts accelLabel',
  'compare/stages.ts dominantStage',
]);

/** Pure, so that old results can be read again anywhere. */
const pure =
  /^(tiers|marks|stages|metrics|knobs|knob-values|twins|summarise|warnings)\.ts$|^(plan|statistics|compare|gate|output)\//;
const writers = new Set(['output/write-report.ts']);

interface Import {
  readonly file: string;
  /** A file below src/, or the name of a module. */
  readonly from: string;
  /** The names that stay when types are erased; `*` where all or none are named. */
  readonly values: readonly string[];
}

function sourceOf(file: string): ts.SourceFile {
  const text = readFileSync(join(src, file), 'utf8');
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort();
}

function valuesOf({ importClause }: ts.ImportDeclaration): readonly string[] {
  if (importClause === undefined) return ['*'];
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
  const { name, namedBindings } = importClause;
  const named =
    namedBindings === undefined
      ? []
      : ts.isNamespaceImport(namedBindings)
        ? ['*']
        : namedBindings.elements
            .filter(({ isTypeOnly }) => !isTypeOnly)
            .map((element) => (element.propertyName ?? element.name).text);
  return name === undefined ? named : ['default', ...named];
}

function importsOf(file: string): readonly Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node, values: readonly string[]) => {
    if (!ts.isStringLiteral(specifier)) return;
    const target = resolve(join(src, dirname(file)), specifier.text.replace(/\.js$/, '.ts'));
    const from = specifier.text.startsWith('.') ? relative(src, target) : specifier.text;
    found.push({ file, from, values });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, valuesOf(node));
    if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      add(node.moduleSpecifier, node.isTypeOnly ? [] : ['*']);
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      node.arguments.forEach((argument) => {
        add(argument, ['*']);
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(sourceOf(file));
  return found;
}

const files = filesBelow(src);
const imports = files.flatMap(importsOf);

function stageOf(file: string): number {
  return stages.findIndex(([, members]) => members.test(file));
}

describe('the pipeline', () => {
  it('is where this test looks for it', () => {
    for (const [name, members] of stages) {
      expect(
        files.filter((file) => members.test(file)),
        name,
      ).not.toEqual([]);
    }
    expect(imports.length).toBeGreaterThan(100);
  });

  it('flows to the right: no stage knows one that follows it', () => {
    const back = imports.filter(
      ({ file, from }) => stageOf(file) >= 0 && stageOf(from) > stageOf(file),
    );
    expect(back).toEqual([]);
  });

  it('hands on records: a stage takes types from those to its left, and nothing else', () => {
    const taken = imports
      .filter(({ file, from }) => stageOf(from) >= 0 && stageOf(from) < stageOf(file))
      .flatMap(({ file, from, values }) =>
        values.map((value) => ({ file, of: `${from} ${value}` })),
      )
      .filter(({ of }) => !ofRecords.has(of));
    expect(taken).toEqual([]);
  });

  it('stands on layers that know nothing of it', () => {
    const up = imports.filter(
      ({ file, from, values }) =>
        stageOf(file) < 0 &&
        !wiring.test(file) &&
        (stageOf(from) >= 0 || wiring.test(from)) &&
        values.length > 0,
    );
    expect(up).toEqual([]);
  });

  it('is put together in one place: no stage imports a command', () => {
    expect(imports.filter(({ file, from }) => !wiring.test(file) && wiring.test(from))).toEqual([]);
  });
});

describe('what is pure', () => {
  it('imports no module of Node.js', () => {
    const impure = imports.filter(
      ({ file, from }) =>
        pure.test(file) &&
        !writers.has(file) &&
        (from.startsWith('node:') || builtinModules.includes(from)),
    );
    expect(impure).toEqual([]);
  });
});

describe('the process', () => {
  function isUse(node: ts.Identifier): boolean {
    const { parent } = node;
    const named = ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent);
    return !((ts.isPropertyAccessExpression(parent) || named) && parent.name === node);
  }

  /** Whether a file uses a name that it does not declare itself. */
  function usesGlobal(file: string, name: string): boolean {
    let [used, declared] = [false, false];
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && node.text === name) {
        const own = ts.isParameter(node.parent) || ts.isVariableDeclaration(node.parent);
        if (own) declared = true;
        else if (isUse(node)) used = true;
      }
      ts.forEachChild(node, visit);
    };
    visit(sourceOf(file));
    return used && !declared;
  }

  it('is touched by src/bin.ts alone', () => {
    expect(files.filter((file) => usesGlobal(file, 'process'))).toEqual(['bin.ts']);
  });

  it('is not reached by another way but for the clock', () => {
    const modules = new Set(['process', 'node:process']);
    const found = imports.filter(({ from }) => modules.has(from));
    expect(found).toEqual([{ file: 'clock.ts', from: 'node:process', values: ['hrtime'] }]);
  });
});
