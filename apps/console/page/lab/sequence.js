import { visible } from '../text.js'

export const KERNEL = 'kernel'
/** In the order of the sides of a connection: these to the right of the kernel, all others to its left. */
const SERVER_SIDE = new Set(['server', 'accepted', 'worker'])
const MAXIMUM_LABEL = 42
const NOTE_COLUMNS = 44
const CHARACTER = 7.3
const NOTE_WIDTH = 330
const NOTE_LINE = 18
export const PACKET_LINE = 16
/** Left of it are numbers and times. */
const FIRST_LIFELINE = 114
const LIFELINE_GAP = 96
const SMALLEST_STEP = 64
const PADDING = 20
export const HEAD_HEIGHT = 36

/**
 * A run of an experiment as a sequence diagram, with the place of everything in it.
 *
 * @param run the answer to POST /api/lab
 * @returns {{ width, height, noteX, lifelines: { name, x }[], steps: { step, y, height, time, messages, packets, note }[] }}
 *   messages: `{ from, to, label, isAnswer }`, from and to names of lifelines; packets: a line each; note: its lines
 */
export function sequenceOf({ steps }) {
  const started = microsOf(steps[0].at)
  const parts = steps.map((step) => ({
    step,
    time: `+${((microsOf(step.at) - started) / 1_000).toFixed(1)} ms`,
    messages: messagesOf(step),
    packets: step.packets.map(packetLabel),
    note: wrapped(visible(step.why, 400)),
  }))
  const lifelines = lifelinesOf(parts)
  const noteX = Math.max(...lifelines.map(({ x }) => x), 0) + LIFELINE_GAP / 2
  let y = HEAD_HEIGHT
  const placed = parts.map((part) => {
    const height = Math.max(
      SMALLEST_STEP,
      part.note.length * NOTE_LINE + PADDING,
      part.packets.length * PACKET_LINE + PADDING,
    )
    y += height
    return Object.assign(part, { y: y - height, height })
  })
  return { width: noteX + NOTE_WIDTH, height: y + HEAD_HEIGHT, noteX, lifelines, steps: placed }
}

/** `recv(3, MSG_PEEK)`, and `= 3 "hel"`. */
export function callText({ call, arguments: words }) {
  return visible(`${call}(${words.join(', ')})`)
}

export function answerText({ returned, errno, got }) {
  return visible(
    `= ${[returned, errno, got].filter((each) => each !== null && each !== '').join(' ')}`,
  )
}

/** `TCP 127.0.0.1:50930 → 127.0.0.1:3111 SYN` */
export function packetText({ protocol, source, destination, about }) {
  return visible(`${protocol.toUpperCase()} ${source} → ${destination} ${about}`)
}

/** `:50930 → :3111 SYN`; an ICMP error has no ports. */
function packetLabel({ protocol, source, destination, about }) {
  if (protocol === 'icmp') return visible(`ICMP ${about}`)
  const [from, to] = [source, destination].map((each) => each.slice(each.lastIndexOf(':')))
  return visible(`${from} → ${to} ${about}`, MAXIMUM_LABEL)
}

/** Who made the call; fork indents its processes. */
export function callerOf({ who }) {
  return visible(who.trim(), 20)
}

/** A call goes to the kernel, and comes back; a process is forked by its parent, `0.1.2` by `0.1`. */
function messagesOf(step) {
  const who = callerOf(step)
  const answer = answerText(step)
  if (step.call === 'fork') {
    const parent = who.replace(/\.\d+$/, '')
    return [{ from: parent, to: who, label: `fork() ${answer}`, isAnswer: false }]
  }
  return [
    { from: who, to: KERNEL, label: shortened(callText(step)), isAnswer: false },
    { from: KERNEL, to: who, label: shortened(answer), isAnswer: true },
  ]
}

function shortened(label) {
  return label.length > MAXIMUM_LABEL ? `${label.slice(0, MAXIMUM_LABEL - 1)}…` : label
}

/** The kernel between its callers, with room beside it for the words of the calls. */
function lifelinesOf(parts) {
  const messages = parts.flatMap((part) => part.messages)
  const names = [...new Set(messages.flatMap(({ from, to }) => [from, to]))].filter(
    (name) => name !== KERNEL,
  )
  const right = serverSideOf(names)
  const left = names.filter((name) => !right.includes(name))
  const gap = gapOf(messages)
  const before = Math.max(0, left.length - 1) * gap + roomOf(left, parts)
  const kernelX = FIRST_LIFELINE + before
  return [
    ...left.map((name, at) => ({ name, x: FIRST_LIFELINE + at * gap })),
    { name: KERNEL, x: kernelX },
    ...right.map((name, at) => ({
      name,
      x: kernelX + roomOf(right, parts) + at * gap,
    })),
  ]
}

function serverSideOf(names) {
  const found = names.filter((name) => SERVER_SIDE.has(name) || /^\d/.test(name))
  return found.length > 0 ? found : names.slice(-1)
}

/** Between processes that talk without the kernel their words need room, too. */
function gapOf(messages) {
  const direct = messages.filter(({ from, to }) => from !== KERNEL && to !== KERNEL)
  return Math.max(
    LIFELINE_GAP,
    ...direct.map(({ label }) => Math.ceil(label.length * CHARACTER) + 24),
  )
}

/** Beside the kernel: for the calls of this side, and for the packets of the calls of the other one. */
function roomOf(names, parts) {
  const labels = parts.flatMap(({ step, messages, packets }) =>
    names.includes(callerOf(step)) ? messages.map(({ label }) => label) : packets,
  )
  if (names.length === 0 && labels.length === 0) return 0
  const longest = Math.max(0, ...labels.map(({ length }) => length))
  return Math.max(LIFELINE_GAP, Math.ceil(longest * CHARACTER) + 40)
}

function wrapped(text) {
  const lines = ['']
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trim()
    if (longer.length <= NOTE_COLUMNS) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

/** Of a time in RFC 3339 with microseconds, which are more than a Date has; since 1970. */
export function microsOf(at) {
  return Date.parse(`${at.slice(0, 19)}Z`) * 1_000 + Number(at.slice(20, 26))
}
