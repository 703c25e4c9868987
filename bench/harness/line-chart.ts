import { ticks } from './axis.ts'
import { short } from './format.ts'
import { box, colourOf, document, line, path, type Point, text } from './svg.ts'

interface Series {
  name: string
  /** One for each position; undefined where there is no figure. */
  values: readonly (number | undefined)[]
}

interface LineChart {
  title: string
  /** What the lines measure, with the unit. */
  label: string
  /** Along the axis, at equal distances; an empty one has no label. */
  positions: readonly string[]
  series: readonly Series[]
}

const WIDTH = 760
const HEIGHT = 340
const LEFT = 56
const RIGHT = 170
const TOP = 56
const BOTTOM = 36

/** A line for each contestant over the cases, which stand at equal distances. */
export function lineChart({ title, label, positions, series }: LineChart): string {
  const known = series.flatMap(({ values }) => values.filter((value) => value !== undefined))
  const steps = ticks(Math.max(0, ...known))
  const floor = HEIGHT - BOTTOM
  const x = (index: number): number =>
    LEFT + (index * (WIDTH - LEFT - RIGHT)) / Math.max(1, positions.length - 1)
  const y = (value: number): number => floor - (value * (floor - TOP)) / (steps.at(-1) ?? 1)
  return document(WIDTH, HEIGHT, [
    text(title, { x: 12, y: 22, kind: 'title' }),
    text(label, { x: 12, y: 40, kind: 'small' }),
    ...steps.map((step) => line([LEFT, y(step)], [WIDTH - RIGHT, y(step)], 'grid')),
    ...steps.map((step) =>
      text(short(step), { x: LEFT - 8, y: y(step) + 4, anchor: 'end', kind: 'small' }),
    ),
    ...positions.flatMap((name, index) =>
      name === ''
        ? []
        : text(name, { x: x(index), y: floor + 20, anchor: 'middle', kind: 'small' }),
    ),
    ...series.flatMap((one, index) => [
      path(pointsOf(one, x, y), colourOf(index)),
      ...legend(one.name, index),
    ]),
  ])
}

function pointsOf(
  { values }: Series,
  x: (index: number) => number,
  y: (value: number) => number,
): Point[] {
  return values.flatMap((value, index): Point[] =>
    value === undefined ? [] : [[x(index), y(value)]],
  )
}

function legend(name: string, index: number): string[] {
  const top = TOP + index * 20
  return [
    box({ x: WIDTH - RIGHT + 24, y: top, width: 12, height: 12 }, colourOf(index)),
    text(name, { x: WIDTH - RIGHT + 42, y: top + 10 }),
  ]
}
