import { html } from '../html.js'
import { HEAD_HEIGHT, KERNEL, PACKET_LINE } from './sequence.js'

/**
 * A sequence diagram as SVG. Its colours are those of the text around it, so that it is the same in a file of its own.
 *
 * @param props.sequence of sequenceOf
 * @param props.current index of the step that is looked at
 * @param props.onChoose called with the index of a step that was clicked
 */
export function Diagram({ sequence, title, current, onChoose }) {
  const { width, height, lifelines, steps, noteX } = sequence
  const places = new Map(lifelines.map(({ name, x }) => [name, x]))
  return html`<svg
    class="diagram"
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${width} ${height}"
    width=${width}
    height=${height}
    role="img"
    aria-label=${title}
    font-family="ui-monospace, monospace"
    font-size="12"
    fill="currentColor"
    stroke="none"
  >
    ${lifelines.map((lifeline) => html`<${Lifeline} key=${lifeline.name} lifeline=${lifeline} height=${height} />`)}
    ${steps.map(
      (step, at) =>
        html`<g
          key=${at}
          class="step ${stateOf(at, current)} ${step.step.errno === null ? '' : 'failed'}"
          onClick=${() => onChoose(at)}
        >
          <rect class="ground" x="0" y=${step.y} width=${width} height=${step.height} fill="none" />
          <text x="6" y=${step.y + 20}>${at + 1}</text>
          <text x="6" y=${step.y + 46} font-size="11">${step.time}</text>
          ${step.messages.map(
            (message, line) =>
              html`<${Message}
                key=${line}
                message=${message}
                places=${places}
                y=${step.y + 24 + line * 26}
              />`,
          )}
          <${Packets} step=${step} places=${places} />
          <${Note} lines=${step.note} x=${noteX} y=${step.y + 20} />
        </g>`,
    )}
    <g class="heads">
      <rect width=${width} height=${HEAD_HEIGHT - 10} fill="none" />
      ${lifelines.map(
        ({ name, x }) =>
          html`<text key=${name} x=${x} y="18" text-anchor="middle" font-weight="bold"
            >${name}</text
          >`,
      )}
    </g>
  </svg>`
}

function stateOf(at, current) {
  if (at === current) return 'current'
  return at < current ? 'past' : 'future'
}

function Lifeline({ lifeline: { name, x }, height }) {
  const dashes = name === KERNEL ? 'none' : '2 4'
  return html`<g>
    <line
      x1=${x}
      x2=${x}
      y1=${HEAD_HEIGHT - 10}
      y2=${height - 24}
      stroke="currentColor"
      stroke-dasharray=${dashes}
    />
    <text x=${x} y=${height - 8} text-anchor="middle" font-weight="bold">${name}</text>
  </g>`
}

/** An arrow with its words, which stand beside the kernel; of an answer it is dashed. */
function Message({ message: { from, to, label, isAnswer }, places, y }) {
  const [start, end] = [places.get(from), places.get(to)]
  const back = end > start ? -8 : 8
  const edge = places.get(from === KERNEL || to === KERNEL ? KERNEL : from)
  const isLeft = Math.min(start, end) < edge
  return html`<g class="message">
    <line
      x1=${start}
      x2=${end}
      y1=${y}
      y2=${y}
      stroke="currentColor"
      stroke-dasharray=${isAnswer ? '5 3' : 'none'}
    />
    <path d="M${end} ${y}l${back} -4v8z" />
    <text x=${edge + (isLeft ? -12 : 12)} y=${y - 5} text-anchor=${isLeft ? 'end' : 'start'}
      >${label}</text
    >
  </g>`
}

/** Beside the kernel, where the call is not. */
function Packets({ step: { packets, messages, y }, places }) {
  const kernel = places.get(KERNEL)
  const isLeft = places.get(messages[0].from) > kernel
  return packets.map(
    (label, at) =>
      html`<text
        key=${at}
        class="packet"
        x=${kernel + (isLeft ? -12 : 12)}
        y=${y + 20 + at * PACKET_LINE}
        text-anchor=${isLeft ? 'end' : 'start'}
      >
        ${label}
      </text>`,
  )
}

function Note({ lines, x, y }) {
  return html`<text class="note" x=${x} y=${y} font-family="system-ui, sans-serif" font-size="14">
    ${lines.map((line, at) => html`<tspan key=${at} x=${x} dy=${at === 0 ? 0 : 18}>${line}</tspan>`)}
  </text>`
}
