import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'

import { html } from './html.js'

const HEIGHT = 220
/** Okabe and Ito: told apart without seeing red or green, on light and on dark. */
const COLOURS = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#8a7f00',
  '#7f7f7f',
]
const UNITS = [
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
]

/**
 * A chart of one measure, with a band around each line.
 *
 * @param props.onZoom called with { from, to }, seconds since 1970, when a part of it was chosen
 * @param props.onCanvas called with the canvas, to be saved
 */
export function Chart({ title, unit, data, onZoom, onCanvas }) {
  const place = useRef(null)
  useEffect(() => {
    const plot = new uPlot(
      optionsOf(place.current, unit, data, onZoom),
      tableOf(data),
      place.current,
    )
    onCanvas(plot.ctx.canvas)
    const resized = new ResizeObserver(() =>
      plot.setSize({ width: place.current.clientWidth, height: HEIGHT }),
    )
    resized.observe(place.current)
    return () => {
      resized.disconnect()
      plot.destroy()
    }
  }, [data])
  return html`<div
    class="chart"
    ref=${place}
    role="img"
    aria-label=${`${title}: ${latestOf(data, unit)}`}
  />`
}

/** For those who cannot see the picture: the last value of each line. */
function latestOf({ lines }, unit) {
  const latest = lines.map(({ label, middle }) => {
    const value = middle.findLast((each) => each !== null)
    return `${label} ${value === undefined ? 'nothing' : shown(value, unit)}`
  })
  return latest.join(', ')
}

/** Three series a line: the band needs its bounds. */
function tableOf({ times, lines }) {
  return [times, ...lines.flatMap(({ low, middle, high }) => [low, middle, high])]
}

function optionsOf(place, unit, { lines }, onZoom) {
  const { color } = getComputedStyle(place)
  const axis = {
    stroke: color,
    grid: { stroke: `${colourless(color)}`, width: 1 },
    ticks: { show: false },
  }
  return {
    width: place.clientWidth,
    height: HEIGHT,
    series: [
      {},
      ...lines.flatMap(({ label }, at) => seriesOf(label, COLOURS[at % COLOURS.length], unit)),
    ],
    bands: lines.map((_, at) => ({
      series: [at * 3 + 3, at * 3 + 1],
      fill: `${COLOURS[at % COLOURS.length]}33`,
    })),
    axes: [
      { ...axis, space: 90, values: (plot, values) => values.map((each) => timeOf(each, plot)) },
      { ...axis, size: 76, values: (_, values) => values.map((each) => shown(each, unit)) },
    ],
    legend: { live: false },
    cursor: { drag: { x: true, y: false, setScale: false } },
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select
          if (width > 4)
            onZoom({ from: plot.posToVal(left, 'x'), to: plot.posToVal(left + width, 'x') })
        },
      ],
    },
  }
}

function seriesOf(label, colour, unit) {
  const bound = {
    show: true,
    label: `${label} bound`,
    width: 0,
    points: { show: false },
    class: 'bound',
  }
  const value = (_, raw) => (raw === null ? '' : shown(raw, unit))
  return [bound, { label, stroke: colour, width: 2, value, points: { show: false } }, bound]
}

/** In the time zone of the browser; with the date where the chart holds more than a day. */
function timeOf(seconds, { scales: { x } }) {
  const date = new Date(seconds * 1_000)
  const time = date.toLocaleTimeString('en-GB')
  return x.max - x.min <= 86_400 ? time : date.toLocaleDateString('en-GB').slice(0, 5)
}

function colourless(colour) {
  return colour.replace('rgb(', 'rgba(').replace(')', ', 0.15)')
}

/** Seconds in the unit that reads best, bytes in powers of 1,000, others as they are. */
export function shown(value, unit) {
  if (unit === 'seconds') {
    const [size, prefix] = UNITS.find(([each]) => Math.abs(value) >= each) ?? [1, '']
    return `${Number((value / size).toPrecision(3))} ${prefix}s`
  }
  const large = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ].find(([each]) => Math.abs(value) >= each)
  const [size, prefix] = large ?? [1, '']
  return `${Number((value / size).toPrecision(3))} ${prefix}${unit.startsWith('bytes') ? 'B' : ''}`.trim()
}
