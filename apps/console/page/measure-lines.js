import { visible } from './text.js'

/** Of one chart; the others are in its CSV and in the API. */
const MAXIMUM_LINES = 12
/** The charts that are there unless others are chosen. */
const USUAL = [
  'sockyard_round_trip_seconds',
  'sockyard_requests_total',
  'sockyard_multicast_delay_seconds',
  'sockyard_multicast_sender_lost_total',
  'sockyard_sntp_offset_seconds',
  'sockyard_chat_deliveries_total',
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
]
const OFFSET = 'sockyard_sntp_offset_seconds'
const UNCERTAINTY = 'sockyard_sntp_uncertainty_seconds'

/**
 * The stored series as measures, a chart each: the percentiles of one quantity are one line with a band, and an offset
 * has its uncertainty.
 *
 * @param series of /api/series
 * @param services of /api/services, for their names
 * @returns {{ name, title, unit, isUsual, lines: { label, middle, high?, around? }[], hidden: number }[]} `middle`,
 *   `high` and `around` are identifiers of series; `hidden` lines are too many for one chart
 */
export function measuresOf(series, services) {
  const nameOf = nameServices(services)
  const byName = Map.groupBy(series, ({ name }) => name)
  const measures = [...byName]
    .filter(([name]) => name !== UNCERTAINTY)
    .map(([name, own]) => {
      const lines = linesOf(own, nameOf, name === OFFSET ? (byName.get(UNCERTAINTY) ?? []) : [])
      return {
        name,
        title: titleOf(name),
        unit: own[0].unit,
        isUsual: USUAL.includes(name),
        lines: lines.slice(0, MAXIMUM_LINES),
        hidden: Math.max(0, lines.length - MAXIMUM_LINES),
      }
    })
  return measures.toSorted((one, other) => rankOf(one) - rankOf(other) || compare(one, other))
}

/** `sockyard_round_trip_seconds` is the round trip. */
function titleOf(name) {
  const words = name.replace(/^sockyard_/, '').replace(/_(total|seconds|bytes)$/, '')
  return words.replaceAll('_', ' ')
}

function rankOf({ name }) {
  const rank = USUAL.indexOf(name)
  return rank === -1 ? USUAL.length : rank
}

function compare(one, other) {
  return one.name < other.name ? -1 : 1
}

/** Two of one app are told apart by where they answer. */
function nameServices(services) {
  const counts = Map.groupBy(services, ({ service }) => service)
  const names = services.map(({ id, service }) => [
    id,
    counts.get(service).length > 1 ? `${service} ${id}` : service,
  ])
  const known = new Map(names)
  return (id) => known.get(id) ?? id
}

function linesOf(series, nameOf, uncertainties) {
  const around = new Map(uncertainties.map((each) => [keyOf(each), each.id]))
  return [...Map.groupBy(series, keyOf)].map(([key, own]) => ({
    label: labelOf(own[0], nameOf),
    middle: (quantile(own, '0.5') ?? own[0]).id,
    high: quantile(own, '0.99')?.id,
    around: around.get(key),
  }))
}

function quantile(series, wanted) {
  return series.find(({ labels }) => labels.quantile === wanted)
}

/** Of what belongs together: all labels but the percentile. */
function keyOf({ service, labels }) {
  const { quantile: _, ...others } = labels
  const sorted = Object.entries(others).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([service, sorted])
}

function labelOf({ service, labels }, nameOf) {
  const shown = Object.entries(labels)
    .filter(([name]) => name !== 'quantile' && name !== 'sender')
    .map(([, value]) => value)
  return visible([nameOf(service), ...shown].join(' '), 60)
}
