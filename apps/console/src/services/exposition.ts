/** One sample of a scrape. */
export interface ExpositionSample {
  /** With its suffix, such as `_bucket`. */
  name: string
  labels: Readonly<Record<string, string>>
  value: number
}

/** The samples of one metric, under its `# TYPE`. */
export interface MetricFamily {
  name: string
  /** `untyped` without a line that says it. */
  type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped'
  samples: ExpositionSample[]
}

const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'] as const
const TYPE_LINE = /^#\s+TYPE\s+([a-zA-Z_:][\w:]*)\s+(\w+)\s*$/
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\s*\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$/
const LABEL = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y
/** No service has a longer one, and a pattern takes its time. */
const LONGEST_LINE = 16 * 1024
const SUFFIX = /_(?:bucket|sum|count)$/

/**
 * Reads the text format of Prometheus (exposition format 0.0.4). A line that is none of it is left out: the others say
 * what they say all the same.
 *
 * @param maximumSamples what comes after so many is left out, metrics without samples too
 */
export function parseExposition(text: string, maximumSamples = 5_000): MetricFamily[] {
  const families = new Map<string, MetricFamily>()
  let left = maximumSamples
  for (const line of text.split('\n')) {
    if (line.length > LONGEST_LINE) continue
    const typed = TYPE_LINE.exec(line)
    if (typed !== null && families.size < maximumSamples)
      familyOf(families, typed[1] ?? '').type = typeOf(typed[2])
    else if (left > 0 && line !== '' && !line.startsWith('#')) {
      const sample = parseSample(line)
      if (sample === undefined) continue
      left -= 1
      familyOf(families, familyName(families, sample.name)).samples.push(sample)
    }
  }
  return [...families.values()]
}

function familyOf(families: Map<string, MetricFamily>, name: string): MetricFamily {
  const known = families.get(name)
  if (known !== undefined) return known
  const family: MetricFamily = { name, type: 'untyped', samples: [] }
  families.set(name, family)
  return family
}

/** The samples of histograms and summaries have suffixes. */
function familyName(families: ReadonlyMap<string, MetricFamily>, name: string): string {
  const base = name.replace(SUFFIX, '')
  const type = families.get(base)?.type
  return type === 'histogram' || type === 'summary' ? base : name
}

function typeOf(word: string | undefined): MetricFamily['type'] {
  return TYPES.find((type) => type === word) ?? 'untyped'
}

function parseSample(line: string): ExpositionSample | undefined {
  const [, name, inner = '', number = ''] = SAMPLE.exec(line) ?? []
  const value = valueOf(number)
  const labels = parseLabels(inner)
  if (name === undefined || value === undefined || labels === undefined) return undefined
  return { name, labels, value }
}

function parseLabels(text: string): Record<string, string> | undefined {
  const labels: [string, string][] = []
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const [, name, value = ''] = LABEL.exec(text) ?? []
    if (name === undefined) return undefined
    labels.push([name, value.replaceAll(/\\(.)/g, unescaped)])
  }
  return Object.fromEntries(labels)
}

function unescaped(_: string, character: string): string {
  return character === 'n' ? '\n' : character
}

function valueOf(text: string): number | undefined {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (text === 'NaN') return NaN
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}
