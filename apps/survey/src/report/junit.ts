import { escapeText } from '@sockyard/cli/text'

import type { Verdict } from '../doctor/verdict.ts'

/** Neither is a character of XML 1.0 (section 2.2); the controls that are none either, `escapeText` has escaped. */
const NONCHARACTERS = /[\ufffe\uffff]/g

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/**
 * Verdicts as a JUnit test suite, a test case each: `fail` is a failure; `warn` passes, and says why in its output.
 *
 * @param check such as `multicast`
 * @param target what was asked about, such as `239.255.43.21:4321`
 * @returns an XML document
 */
export function junitReport(check: string, target: string, verdicts: readonly Verdict[]): string {
  const failures = verdicts.filter(({ verdict }) => verdict === 'fail').length
  const counts = `tests="${verdicts.length}" failures="${failures}" errors="0" skipped="0"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="sockyard survey doctor ${escapeXml(check)}" ${counts}>`,
    ...verdicts.map((verdict) => testCase(check, target, verdict)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function testCase(check: string, target: string, found: Verdict): string {
  const opening = `<testcase classname="survey.doctor.${escapeXml(check)}" name="${escapeXml(target)}">`
  return `    ${opening}${outcome(found)}</testcase>`
}

function outcome(found: Verdict): string {
  const { verdict, code, summary } = found
  const text = details(found)
  if (verdict !== 'fail') return `<system-out>${text}</system-out>`
  return `<failure type="${escapeXml(code)}" message="${escapeXml(summary)}">${text}</failure>`
}

function details({ verdict, code, summary, cause, remedy, evidence }: Verdict): string {
  return [
    `${verdict.toUpperCase()}  ${summary}  [${code}]`,
    `cause: ${cause}`,
    ...(remedy === '' ? [] : [`do: ${remedy}`]),
    ...evidence.map((each) => `evidence: ${each}`),
  ]
    .map((line) => escapeXml(line))
    .join('\n')
}

function escapeXml(text: string): string {
  return escapeText(text)
    .replaceAll(NONCHARACTERS, '\ufffd')
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
}
