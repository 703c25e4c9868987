import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'

import { html } from '../html.js'
import { visible } from '../text.js'
import { begin, fault, join, leave, lines, overview, say, state } from './membership.js'

const LONGEST_NAME = 24
const LONGEST_LINE = 1_000
/** A line of ours is cut by the server; one of its list of names may be longer. */
const LONGEST_SHOWN = 4_000
/** So near the end of the lines, and the view goes on with them. */
const NEAR_PIXELS = 40

/** The browser as one more member of the chat, beside telnet, nc and `chat join`. */
export function Chat() {
  useEffect(() => void begin(), [])
  const isOut = state.value === 'out' || state.value === 'joining'
  return html`<section aria-labelledby="chat">
    <h2 id="chat">Chat</h2>
    ${overview.value !== undefined && (isOut ? html`<${JoinForm} />` : html`<${LineForm} />`)}
    ${fault.value !== '' && html`<p role="alert">${visible(fault.value)}</p>`}
    ${lines.value.length > 0 && html`<${Lines} />`}
  </section>`
}

function JoinForm() {
  const { state: chat, server } = overview.value
  if (chat === 'off') return html`<p>The chat is switched off (--no-chat).</p>`
  return html`<p>
      The chat server is <code>${visible(server)}</code>. Your lines go to all of its members,
      whether they use telnet, nc or this page.
    </p>
    <form class="chat" onSubmit=${submitName}>
      <label
        >Nickname <input name="name" maxlength=${LONGEST_NAME} autocomplete="nickname"
      /></label>
      <button aria-disabled=${String(state.value === 'joining')}>
        ${state.value === 'joining' ? 'Joining' : 'Join'}
      </button>
    </form>`
}

function submitName(event) {
  event.preventDefault()
  if (state.value !== 'joining') void join(event.target.elements.name.value)
}

function LineForm() {
  return html`<form class="chat" onSubmit=${submitLine}>
    <label class="line"
      >Line <input name="line" maxlength=${LONGEST_LINE} autocomplete="off" ref=${focus}
    /></label>
    <button>Send</button>
    <button type="button" onClick=${leave}>Leave</button>
    <span role="status">${state.value === 'reconnecting' ? 'Reconnecting' : ''}</span>
  </form>`
}

/** What could not be said is there to be said again. */
async function submitLine(event) {
  event.preventDefault()
  const { line } = event.target.elements
  const text = line.value
  line.value = ''
  if (!(await say(text)) && line.value === '') line.value = text
}

/** Who has just joined goes on typing. */
function focus(input) {
  if (input !== null && input.value === '') input.focus({ preventScroll: true })
}

function Lines() {
  const place = useRef(null)
  const isAtEnd = useRef(true)
  const onScroll = ({ target: { scrollHeight, scrollTop, clientHeight } }) =>
    (isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PIXELS)
  useLayoutEffect(() => {
    if (isAtEnd.current) place.current.scrollTop = place.current.scrollHeight
  }, [lines.value])
  return html`<div
    class="scroll lines"
    role="log"
    tabindex="0"
    aria-label="Lines"
    ref=${place}
    onScroll=${onScroll}
  >
    ${lines.value.map((line) => html`<${Line} key=${line.id} line=${line} />`)}
  </div>`
}

/** Messages of the server begin with `* `, which no name does; and no name has a parenthesis. */
function Line({ line: { text, isOwn } }) {
  if (isOwn) return html`<p class="own"><b>(you)</b> ${visible(text, LONGEST_SHOWN)}</p>`
  const kind = text.startsWith('* ') ? 'server' : ''
  return html`<p class=${kind}>${visible(text, LONGEST_SHOWN)}</p>`
}
