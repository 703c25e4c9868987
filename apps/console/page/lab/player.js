import { useEffect, useRef, useState } from 'preact/hooks'

import { save } from '../export.js'
import { html } from '../html.js'
import { visible } from '../text.js'
import { Diagram } from './diagram.js'
import { mermaidOf, svgFileOf } from './lab-export.js'
import { pcapngOf } from './pcapng.js'
import { answerText, callerOf, callText, packetText, sequenceOf } from './sequence.js'

/** How long the film shows a step: for the eye to find it, and to read why. */
const LEAST_MILLIS = 1_200
const MILLIS_A_CHARACTER = 40
/** Beside the caller's lifeline, for its name. */
const MARGIN = 40

/** A run, step by step or as a film, as a diagram and as a list. */
export function Player({ run }) {
  const { current, isPlaying, goTo, play } = useSteps(run.steps)
  const place = useRef(null)
  const sequence = sequenceOf(run)
  useEffect(() => scrollTo(place.current, sequence, current), [current])
  const onKeyDown = (event) => {
    const target = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: Infinity }[
      event.key
    ]
    if (target === undefined) return
    event.preventDefault()
    goTo(target)
  }
  return html`<div onKeyDown=${onKeyDown}>
    <p class="player">
      <button type="button" onClick=${() => goTo(current - 1)}>Back</button>
      <button type="button" onClick=${() => goTo(current + 1)}>Next</button>
      <button type="button" onClick=${play}>${isPlaying ? 'Pause' : 'Play'}</button>
      <${Exports} run=${run} sequence=${sequence} place=${place} />
    </p>
    <p class="explanation" role="status">
      Step ${current + 1} of ${run.steps.length}: <${Step} step=${run.steps[current]} />
    </p>
    <div
      class="scroll"
      tabindex="0"
      role="region"
      aria-label="Sequence diagram"
      ref=${place}
      onScroll=${keepHeads}
    >
      <${Diagram}
        sequence=${sequence}
        title=${`${run.experiment} as a sequence diagram; the list of steps tells the same`}
        current=${current}
        onChoose=${goTo}
      />
    </div>
    <p>${visible(run.lesson, 1_000)}</p>
    <h3>Steps</h3>
    <ol>
      ${run.steps.map(
        (step, at) =>
          html`<li key=${at} aria-current=${at === current ? 'step' : 'false'}>
            <${Step} step=${step} />
            ${step.packets.map((packet, line) => html`<br key=${line} /><small>${packetText(packet)}</small>`)}
          </li>`,
      )}
    </ol>
  </div>`
}

function Step({ step }) {
  return html`${callerOf(step)} <code>${callText(step)} ${answerText(step)}</code
    ><br />${visible(step.why, 400)}`
}

/** Which step is looked at, and the film that goes on by itself. */
function useSteps(steps) {
  const [current, setCurrent] = useState(0)
  const [isPlaying, setPlaying] = useState(false)
  const last = steps.length - 1
  useEffect(() => {
    if (!isPlaying) return undefined
    const next = () => (current === last ? setPlaying(false) : setCurrent(current + 1))
    const timer = setTimeout(next, LEAST_MILLIS + MILLIS_A_CHARACTER * steps[current].why.length)
    return () => clearTimeout(timer)
  }, [isPlaying, current])
  const goTo = (at) => {
    setPlaying(false)
    setCurrent(Math.max(0, Math.min(last, at)))
  }
  const play = () => {
    if (!isPlaying && current === last) setCurrent(0)
    setPlaying(!isPlaying)
  }
  return { current, isPlaying, goTo, play }
}

/** To the middle of the step, and on a phone to its caller. */
function scrollTo(place, { lifelines, steps }, current) {
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
  const step = steps[current]
  const ends = lifelines.filter(({ name }) =>
    step.messages.some(({ from, to }) => name === from || name === to),
  )
  const scale = scaleOf(place)
  const top = (step.y + step.height / 2) * scale - place.clientHeight / 2
  const left = Math.min(...ends.map(({ x }) => x)) * scale - MARGIN
  place.scrollTo({ top, left, behavior: isStill ? 'auto' : 'smooth' })
}

/** The names of the lifelines stay in sight. */
function keepHeads({ currentTarget: place }) {
  const top = place.scrollTop / scaleOf(place)
  place.querySelector('.heads').setAttribute('transform', `translate(0 ${top})`)
}

/** Pixels of the page for one of the diagram. */
function scaleOf(place) {
  const diagram = place.querySelector('.diagram')
  return diagram.getBoundingClientRect().width / diagram.viewBox.baseVal.width
}

function Exports({ run: { experiment, steps }, sequence, place }) {
  const saveAs = (ending, type, text) => save(`${experiment}.${ending}`, new Blob([text], { type }))
  const saveSvg = () =>
    saveAs('svg', 'image/svg+xml', svgFileOf(place.current.querySelector('svg')))
  const saveMermaid = () => saveAs('mmd', 'text/plain', mermaidOf(sequence))
  const savePackets = () => save(`${experiment}.pcapng`, pcapngOf(steps))
  return html`<button type="button" onClick=${saveSvg}>SVG</button>
    <button type="button" onClick=${saveMermaid}>Mermaid</button>
    ${steps.some(({ packets }) => packets.length > 0) && html`<button type="button" onClick=${savePackets}>pcapng</button>`}`
}
