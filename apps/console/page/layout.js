import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from 'd3-force'

/** On a phone the picture is narrow, so that its labels can be read. */
const isNarrow = matchMedia('(max-width: 600px)').matches
export const WIDTH = isNarrow ? 480 : 1_000
export const HEIGHT = isNarrow ? 640 : 560
const MARGIN = 40
const STEPS = 150

let placed = new Map()
let placedIds = ''

/** Where each node is drawn; it stays there until nodes come or go. */
export function layout({ nodes, edges }) {
  const ids = nodes.map(({ id }) => id).join('\n')
  if (ids !== placedIds) placed = place(nodes, edges)
  placedIds = ids
  return placed
}

function place(nodes, edges) {
  const points = nodes.map(({ id }) => ({ id, ...placed.get(id) }))
  const links = edges.map(({ from, to }) => ({ source: from, target: to }))
  forceSimulation(points)
    .force(
      'link',
      forceLink(links)
        .id(({ id }) => id)
        .distance(isNarrow ? 80 : 110),
    )
    .force('charge', forceManyBody().strength(-260))
    .force('collide', forceCollide(26))
    .force('x', forceX(WIDTH / 2).strength(0.06))
    .force('y', forceY(HEIGHT / 2).strength(0.12))
    .stop()
    .tick(STEPS)
  return new Map(points.map(({ id, x, y }) => [id, { x: within(x, WIDTH), y: within(y, HEIGHT) }]))
}

function within(value, size) {
  return Math.max(MARGIN, Math.min(size - MARGIN, value))
}
