import { KERNEL } from './sequence.js'

/** For a file of its own: the colours of paper. */
const PAPER =
  '<style>svg{color:#1c2430;background:#fff}.failed{color:#b3261e;fill:#b3261e}.packet{fill:#1f5fae}</style>'

/** @param {SVGElement} diagram as it is drawn */
export function svgFileOf(diagram) {
  const copy = diagram.cloneNode(true)
  for (const each of copy.querySelectorAll('.step'))
    each.classList.remove('past', 'current', 'future')
  copy.querySelector('.heads').removeAttribute('transform')
  const [, head, rest] = /^(<svg[^>]*>)([^]*)$/.exec(new XMLSerializer().serializeToString(copy))
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}${PAPER}${rest}\n`
}

/** The same diagram as text, for Mermaid (https://mermaid.js.org/syntax/sequenceDiagram.html). */
export function mermaidOf({ lifelines, steps }) {
  const ids = new Map(lifelines.map(({ name }, at) => [name, `p${at}`]))
  const participants = lifelines.map(
    ({ name }) => `participant ${ids.get(name)} as ${escaped(name)}`,
  )
  const arrow = ({ from, to, label, isAnswer }) =>
    `${ids.get(from)}${isAnswer ? '-->>' : '->>'}${ids.get(to)}: ${escaped(label)}`
  const kernel = { from: KERNEL, to: KERNEL, isAnswer: false }
  const lines = steps.flatMap(({ messages: [call, ...answers], packets, note }) => [
    arrow(call),
    ...packets.map((label) => arrow({ ...kernel, label })),
    ...answers.map(arrow),
    `Note over ${[...new Set(sidesOf(call, lifelines))].map((name) => ids.get(name)).join(',')}: ${escaped(note.join(' '))}`,
  ])
  return ['sequenceDiagram', ...[...participants, ...lines].map((line) => `    ${line}`), ''].join(
    '\n',
  )
}

/** From left to right. */
function sidesOf({ from, to }, lifelines) {
  return lifelines.map(({ name }) => name).filter((name) => name === from || name === to)
}

/** A character that Mermaid would read as its own is written as its number. */
function escaped(text) {
  return text.replaceAll(/[#;<>]/g, (each) => `#${each.codePointAt(0)};`)
}
