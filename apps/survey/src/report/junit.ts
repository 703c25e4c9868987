import { escapeText } from '@sockyard/cli/text'

import type { Verdict } from '../run/check.ts'

/** Neither is a character of XML 1.0 (section 2.2); the controls that are none either, `escapeText` has escaped. */
const NONCHARACTERS = /[\ufffe\uffff]/g

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/** One verdict as a test case. */
export interface JunitCase {
  /** Such as `tcp-connect`. */
  check: string
  /** What was asked, such as `239.255.43.21:4321`. */
  target: string
  verdict: Omit<Verdict, 'reference'>
  /** The same for the same fault; the check, where there is none. */
  code?: string
}

/**
 * Verdicts as a JUnit test suite: `fail` is a failure; `warn` passes, and says why in its output.
 *
 * @param suite such as `sockyard survey doctor multicast`
 * @returns an XML document
 */
export function junitReport(suite: string, cases: readonly JunitCase[]): string {
  const counted = (status: Verdict['status']): number =>
    cases.filter(({ verdict }) => verdict.status === status).length
  const counts = `tests="${cases.length}" failures="${counted('fail')}" errors="0" skipped="${counted('skipped')}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escapeXml(suite)}" ${counts}>`,
    ...cases.map((each) => testCase(suite, each)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function testCase(suite: string, found: JunitCase): string {
  const { check, target } = found
  const group = suite.replace('sockyard ', '').replaceAll(' ', '.')
  const classname = group.endsWith(check) ? group : `${group}.${check}`
  const opening = `<testcase classname="${escapeXml(classname)}" name="${escapeXml(target)}">`
  return `    ${opening}${outcome(found)}</testcase>`
}

function outcome(found: JunitCase): string {
  const { check, code = check, verdict } = found
  const text = details(verdict, code)
  if (verdict.status === 'skipped') return `<skipped message="${escapeXml(verdict.summary)}"/>`
  if (verdict.status !== 'fail') return `<system-out>${text}</system-out>`
  return `<failure type="${escapeXml(code)}" message="${escapeXml(verdict.summary)}">${text}</failure>`
}

function details(
  { status, summary, cause, remedy, evidence }: JunitCase['verdict'],
  code: string,
): string {
  return [
    `${status.toUpperCase()}  ${summary}  [${code}]`,
    ...(cause === null ? [] : [`cause: ${cause}`]),
    ...(remedy === null ? [] : [`do: ${remedy}`]),
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
