/**
 * Lints the Lua scripts as Redis gets them: `npm run check:lua`.
 *
 * A script uses what the shared parts in front of it define, so luacheck reads the joined text; each finding is
 * told at the line of the file it comes from. A part's definition that one script leaves unused is no finding;
 * one that every script with that part leaves unused is. Besides, what loses the digits of an order is refused:
 * `tostring`, `cjson`, and `..` beside a bare number.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { allScriptParts, type ScriptName, scriptText } from '../store/redis-scripts.ts';
import { ensureCommand } from './provision.ts';

const folder = new URL('../store/lua/', import.meta.url);
const settingsFile = new URL('../../.luacheckrc', import.meta.url).pathname;

/** A line of a joined script: the file and line it was written at. */
export type Origin = { file: string; line: number; text: string };
/** Something to mend. */
export type Finding = { file: string; line: number; code: string; sentence: string };

/** Findings of the whole folder, each once, in order. */
export async function checkScripts(): Promise<Finding[]> {
  const findings = await checkFolder();
  for (const name of Object.keys(allScriptParts) as ScriptName[]) {
    const origins = await originsOf(name);
    const text = scriptText(name);
    if (text !== origins.map((origin) => origin.text).join('\n')) {
      throw new Error(`${name}: the script is joined in another way than the check expects`);
    }
    findings.push(...(await luacheck(text, origins)), ...origins.flatMap(digitsLost));
  }
  return unique(withoutPartlyUnused(findings));
}

/** Where each line of a joined script was written; the order is that of `scriptText`. */
async function originsOf(name: ScriptName): Promise<Origin[]> {
  const [first, ...rest] = await linesOf(`${name}.lua`);
  const parts = await Promise.all(allScriptParts[name].map((part) => linesOf(`${part}.lua`)));
  return [...(first === undefined ? [] : [first]), ...parts.flat(), ...rest];
}

async function linesOf(file: string): Promise<Origin[]> {
  const text = await readFile(new URL(file, folder), 'utf8');
  return text.split('\n').map((line, index) => ({ file, line: index + 1, text: line }));
}

/** Files that no script uses, and scripts that would not compile behind shared parts. */
async function checkFolder(): Promise<Finding[]> {
  const used = new Set<string>(Object.entries(allScriptParts).flatMap(([name, parts]) => [name, ...parts]));
  const findings: Finding[] = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.lua'))) {
    const [first] = await linesOf(file);
    const isPart = file.startsWith('_');
    if (!used.has(file.slice(0, -'.lua'.length))) {
      findings.push({ file, line: 1, code: 'unused', sentence: 'no script uses this file' });
    }
    if (isPart === first?.text.startsWith('#!lua')) {
      const sentence = isPart ? 'a shared part has no "#!lua" line' : 'the first line must be "#!lua"';
      findings.push({ file, line: 1, code: 'first-line', sentence });
    }
  }
  return findings;
}

async function luacheck(text: string, origins: readonly Origin[]): Promise<Finding[]> {
  const command = await ensureCommand('luacheck', 'lua-check');
  const words = ['--config', settingsFile, '--formatter', 'plain', '--codes', '--filename', 'joined', '-'];
  const running = promisify(execFile)(command, words);
  running.child.stdin?.end(text);
  // It exits non-zero with findings, and says them on its output all the same.
  const { stdout } = await running.catch((error: unknown) => {
    if (
      error instanceof Error &&
      'stdout' in error &&
      'code' in error &&
      (error.code === 1 || error.code === 2)
    ) {
      return { stdout: String(error.stdout) };
    }
    throw error;
  });
  return stdout.split('\n').flatMap((line) => {
    const [, row, code, sentence] = /^joined:(\d+):\d+: \((\w+)\) (.*)$/.exec(line) ?? [];
    if (row === undefined || code === undefined || sentence === undefined) return [];
    const { file, line: at } = origins[Number(row) - 1] ?? { file: 'joined', line: Number(row) };
    // A finding may name a second line, of the joined text: it would mislead.
    return [{ file, line: at, code, sentence: sentence.replace(/ (previously defined )?on line \d+$/, '') }];
  });
}

const numberName = /(^|[._])(\w*(order|number|frontier|score|us|ms))$/i;

/** Orders have 16 digits; Lua writes 14 of them unless `string.format('%.0f', …)` is asked. */
export function digitsLost({ file, line, text }: Origin): Finding[] {
  const code = text.replace(/'[^']*'|"[^"]*"/g, "''").replace(/--.*$/, '');
  const found = (sentence: string): Finding => ({ file, line, code: 'digits', sentence });
  const findings: Finding[] = [];
  if (/\btostring\s*\(/.test(code)) findings.push(found('tostring loses digits of an order'));
  if (/\bcjson\b/.test(code)) findings.push(found('cjson loses digits of an order'));
  for (const [, before = '', after = '', call = ''] of code.matchAll(
    /([\w.]*)\s*\.\.(?!\.)\s*([\w.]*)(\(?)/g,
  )) {
    for (const operand of [before, call === '' ? after : '']) {
      if (numberName.test(operand)) findings.push(found(`".." beside ${operand} loses digits of an order`));
    }
  }
  return findings;
}

/** luacheck's codes for what is defined or set and never used. */
const unusedCode = /^W(211|212|213|221|231|311)$/;

/** Drops what a part defines and only some of its scripts leave unused. */
function withoutPartlyUnused(findings: readonly Finding[]): Finding[] {
  const scriptsOf = (file: string): number =>
    Object.values<readonly string[]>(allScriptParts).filter((parts) =>
      parts.some((part) => `${part}.lua` === file),
    ).length;
  return findings.filter((finding) => {
    if (!finding.file.startsWith('_') || !unusedCode.test(finding.code)) return true;
    return findings.filter((other) => idOf(other) === idOf(finding)).length === scriptsOf(finding.file);
  });
}

function unique(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [idOf(finding), finding])).values()];
}

function idOf({ file, line, code, sentence }: Finding): string {
  return `${file}:${line} ${code} ${sentence}`;
}

if (import.meta.main) {
  const findings = await checkScripts();
  for (const { file, line, code, sentence } of findings) {
    console.log(`src/store/lua/${file}:${line}: ${sentence} (${code})`);
  }
  console.log(`${Object.keys(allScriptParts).length} scripts, ${findings.length} findings`);
  if (findings.length > 0) process.exitCode = 1;
}
