import type { LogLine } from '@sockyard/testkit/process'

/** What a measuring service says of one datagram or reading; undefined for its other lines. */
export function sampleOf(line: LogLine): Readonly<Record<string, unknown>> | undefined {
  return dataOf('sample', line)
}

/** The figures at the end of a measurement. */
export function endOf(line: LogLine): Readonly<Record<string, unknown>> | undefined {
  return dataOf('end', line)
}

function dataOf(event: string, line: LogLine): Readonly<Record<string, unknown>> | undefined {
  const { data } = line
  return line['event'] === event && typeof data === 'object' && data !== null
    ? { ...data }
    : undefined
}
