const POINTS = 600

/**
 * The samples of a measure as uPlot and a CSV want them: times, and of each line its value and the bounds of its band.
 *
 * @param range {{ from: number, to: number }} seconds since 1970
 * @returns {Promise<{ times: number[], lines: { label, middle, low?, high? }[] }>} null where there is no sample
 * @throws {Error} when the console does not answer
 */
export async function readMeasure(measure, range) {
  const wanted = measure.lines.flatMap(({ middle, high, around }) => [middle, high, around])
  const ids = [...new Set(wanted.filter((each) => each !== undefined))]
  const read = await Promise.all(ids.map((id) => readSamples(id, range)))
  const bySeries = new Map(read.map((each) => [each.series, each]))
  const times = read[0]?.times ?? []
  const lines = measure.lines.map((line) => lineOf(line, (id) => bySeries.get(id)))
  return { times, lines }
}

async function readSamples(series, { from, to }) {
  const query = new URLSearchParams({
    series,
    from: isoOf(from),
    to: isoOf(to),
    points: String(POINTS),
  })
  const response = await fetch(`/api/samples?${query}`)
  if (!response.ok) throw new Error(`/api/samples: ${response.status}`)
  return response.json()
}

function isoOf(seconds) {
  return new Date(seconds * 1_000).toISOString()
}

/** A percentile has the band up to the highest one, an offset that of its uncertainty, others that of their steps. */
function lineOf({ label, middle, high, around }, samplesOf) {
  const { values, low: lowest, high: highest } = samplesOf(middle)
  if (around !== undefined) {
    const width = samplesOf(around).values
    const shift = (sign) =>
      values.map((value, at) => (value === null ? null : value + sign * (width[at] ?? 0)))
    return { label, middle: values, low: shift(-1), high: shift(1) }
  }
  if (high !== undefined)
    return { label, middle: values, low: values, high: samplesOf(high).values }
  return { label, middle: values, low: lowest, high: highest }
}
