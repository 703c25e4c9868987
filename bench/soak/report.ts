import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { lineChart } from '../harness/line-chart.ts'
import type { Machine } from '../harness/machine.ts'
import { markdownTable } from '../harness/table.ts'
import type { Sample } from './sample.ts'
import type { ServiceRecord, ServiceSummary, TrafficRecord, Verdict } from './summary.ts'

/** All that a soak found out. */
export interface SoakResults {
  machine: Machine
  startedAt: string
  /** How long there was traffic. */
  minutes: number
  /** Seconds of it from which the slope of the heap counts. */
  slopeFrom: number
  verdicts: readonly Verdict[]
  services: readonly ServiceSummary[]
  traffic: Readonly<Record<string, TrafficRecord>>
  records: readonly ServiceRecord[]
}

const HEAD = `# Soak

Written by \`npm run soak -- --out docs\`; \`npm run soak\` does the same on your machine, into \`bench/results\`.
[bench/README.md](../bench/README.md#soak) says what traffic and which faults there are.`

interface Chart {
  name: string
  title: string
  label: string
  value: (sample: Sample) => number
}

const CHARTS: readonly Chart[] = [
  {
    name: 'heap',
    title: 'Heap in use after a collection',
    label: 'MB, over minutes',
    value: ({ heapBytes }) => heapBytes / 1e6,
  },
  {
    name: 'descriptors',
    title: 'Open descriptors',
    label: 'descriptors, over minutes',
    value: ({ descriptors }) => descriptors,
  },
  {
    name: 'loop',
    title: 'Delay of the event loop, p99 of each sample',
    label: 'ms, over minutes',
    value: ({ loopP99Millis }) => loopP99Millis,
  },
]

/** Writes the page, and beside it a folder with all figures and the charts. */
export async function writeReport(folder: string, results: SoakResults): Promise<void> {
  const figures = join(folder, 'soak')
  await mkdir(figures, { recursive: true })
  await writeFile(join(figures, 'results.json'), `${JSON.stringify(results, undefined, 2)}\n`)
  for (const chart of CHARTS)
    await writeFile(join(figures, `${chart.name}.svg`), draw(chart, results.records))
  await writeFile(join(folder, 'soak.md'), page(results))
}

function draw({ title, label, value }: Chart, records: readonly ServiceRecord[]): string {
  const longest = records.map(({ samples }) => samples).toSorted((a, b) => b.length - a.length)[0]
  return lineChart({
    title,
    label,
    positions: minuteLabels(longest ?? []),
    series: records.map(({ app, samples }) => ({ name: app, values: samples.map(value) })),
  })
}

const LABELS = 8

/** The minute under every few samples, nothing under the others. */
export function minuteLabels(samples: readonly Pick<Sample, 'seconds'>[]): string[] {
  const every = Math.max(1, Math.ceil(samples.length / LABELS))
  return samples.map(({ seconds }, index) =>
    index % every === 0 ? String(Math.round(seconds / 6) / 10) : '',
  )
}

function page(results: SoakResults): string {
  const { machine, minutes, startedAt, verdicts, services, traffic } = results
  return `${[
    HEAD,
    `${startedAt.slice(0, 10)}: ${minutes} minutes on ${machine.processor}, ${machine.cores} cores, ${machine.kernel}, Node ${machine.node}.`,
    '## Limits',
    verdictLines(verdicts),
    '## Services',
    serviceTable(services),
    ...CHARTS.map(({ title, name }) => `![${title}](soak/${name}.svg)`),
    '## Traffic',
    trafficTable(traffic),
  ].join('\n\n')}\n`
}

const OUTCOMES: Readonly<Record<string, string>> = {
  true: 'kept',
  false: '**not kept**',
  null: 'not judged',
}

/** One line for each limit. */
export function verdictLines(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(
      ({ limit, kept, figures }) =>
        `- ${OUTCOMES[String(kept)]}: ${limit}${figures === '' ? '' : ` (${figures})`}`,
    )
    .join('\n')
}

/** Before the traffic, highest, after it. */
function spread({ before, highest, after }: ServiceSummary['heapBytes'], unit = 1): string {
  return [before, highest, after].map((value) => Number((value / unit).toFixed(1))).join(' / ')
}

/** What a person wants to see of each service. */
export function serviceTable(services: readonly ServiceSummary[]): string {
  const head = [
    'service',
    'heap, MB',
    'kB/h',
    'RSS, MB',
    'descriptors',
    'threads',
    'loop p99, ms',
    'CPU, %',
    'errors',
    'stop, ms',
  ]
  const rows = services.map((each) => [
    each.app,
    spread(each.heapBytes, 1e6),
    each.heapBytesPerHour === null ? '' : (each.heapBytesPerHour / 1000).toFixed(0),
    spread(each.residentBytes, 1e6),
    spread(each.descriptors),
    spread(each.threads),
    `${each.loopP99Millis.median.toFixed(1)} / ${each.loopP99Millis.highest.toFixed(1)}`,
    each.cpuPercent.toFixed(1),
    String(each.errors),
    each.stopMillis.toFixed(0),
  ])
  const legend =
    'Heap, RSS, descriptors and threads: before the traffic, highest, after it. Loop: median and highest p99 of the samples.'
  return `${markdownTable(head, rows)}\n\n${legend}`
}

function trafficTable(traffic: SoakResults['traffic']): string {
  const head = [
    'traffic',
    'sent',
    'received',
    'lost',
    'duplicated',
    'reordered',
    'malformed',
    'failures',
  ]
  const rows = Object.entries(traffic).map(([name, { counts: c, failures }]) =>
    [name, c.sent, c.received, c.lost, c.duplicated, c.reordered, c.malformed, failures].map(
      String,
    ),
  )
  return markdownTable(head, rows)
}
