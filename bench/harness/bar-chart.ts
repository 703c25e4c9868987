import { ticks } from './axis.ts'
import { short } from './format.ts'
import type { Spread } from './statistics.ts'
import { box, colourOf, document, line, text } from './svg.ts'

interface Bar {
  name: string
  value: Spread
}

interface BarGroup {
  name: string
  bars: readonly Bar[]
}

interface BarChart {
  title: string
  /** What the bars measure, with the unit. */
  label: string
  groups: readonly BarGroup[]
}

const WIDTH = 760
const LEFT = 150
const RIGHT = 90
const TOP = 56
const BAR = 16
const GAP = 26

/** Bars to the right, a group for each case; a thin line from the lowest to the highest round. */
export function barChart({ title, label, groups }: BarChart): string {
  const steps = ticks(Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value.max))))
  const scale = (WIDTH - LEFT - RIGHT) / (steps.at(-1) ?? 1)
  const x = (value: number): number => LEFT + value * scale
  const bottom = TOP + groups.reduce((sum, { bars }) => sum + bars.length * BAR + GAP, 0)
  const names = [...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name)))]
  const parts = [
    text(title, { x: 12, y: 22, kind: 'title' }),
    text(`${label}; line: lowest to highest round`, { x: 12, y: 40, kind: 'small' }),
    ...steps.map((step) => line([x(step), TOP], [x(step), bottom], 'grid')),
    ...steps.map((step) =>
      text(short(step), { x: x(step), y: bottom + 16, anchor: 'middle', kind: 'small' }),
    ),
  ]
  let y = TOP
  for (const group of groups) {
    parts.push(text(group.name, { x: 12, y: y + 16, kind: 'small' }))
    y += GAP - 4
    for (const bar of group.bars) {
      parts.push(...drawBar(bar, y, x, colourOf(names.indexOf(bar.name))))
      y += BAR
    }
    y += 4
  }
  return document(WIDTH, bottom + 28, parts)
}

function drawBar({ name, value }: Bar, y: number, x: (value: number) => number, colour: string) {
  const middle = y + BAR / 2
  return [
    text(name, { x: LEFT - 8, y: y + BAR - 4, anchor: 'end' }),
    box({ x: LEFT, y: y + 1, width: Math.max(1, x(value.median) - LEFT), height: BAR - 3 }, colour),
    line([x(value.min), middle], [x(value.max), middle], 'range'),
    text(short(value.median), { x: x(value.max) + 6, y: y + BAR - 4, kind: 'small' }),
  ]
}
