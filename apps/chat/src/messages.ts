import { STILL_THERE } from '@sockyard/protocol/chat'

/** The most names in one line; the rest is counted. */
const NAMES_SHOWN = 50

/** A set of names, or a map to them. */
type Names = Pick<ReadonlySet<string>, 'size' | 'values'>

/**
 * All messages of the server. They begin with `* `; what a member says begins with its name, what it does (`/me`)
 * with `~ `. No name begins with either, so that no member can imitate the server.
 */
export const messages = {
  said: (name: string, text: string) => `${name}: ${text}`,
  did: (name: string, text: string) => `~ ${name} ${text}`,
  welcome: (name: string) => `* welcome, you are ${name}; /help lists the commands`,
  here: (names: Names, own: string) =>
    `* ${names.size} here: ${list(names, (name) => (name === own ? `${name} (you)` : name))}`,
  joined: (names: Names) => `* ${list(names)} joined`,
  left: (names: Names) => `* ${list(names)} left`,
  renamed: (from: string, to: string) => `* ${from} is now ${to}`,
  unchanged: (name: string) => `* you are ${name}`,
  taken: (name: string) => `* ${name} is in use, or looks like a name that is`,
  unreachableName: '* names cannot be changed while the other nodes cannot be reached',
  malformedName: (reason: string) => `* a name ${reason}`,
  help: [
    '* each line is sent to all others; a line that begins with a slash is a command:',
    '* /nick NAME  change your name',
    '* /who        list the names',
    '* /me TEXT    send an action',
    '* /help       this',
    '* /quit       leave',
    '* //TEXT      send a line that begins with a slash',
  ].join('\n'),
  unknown: (command: string) => `* unknown command /${command}; /help lists the commands`,
  truncated: (maximumBytes: number) => `* your line was truncated after ${maximumBytes} bytes`,
  tooFast: (perSecond: number) =>
    `* slow down: at most ${perSecond} lines a second from your address; yours are delayed`,
  probe: (leftMillis: number) =>
    `${STILL_THERE} press Enter within ${Math.ceil(leftMillis / 1_000)} s, or you will be disconnected`,
  /** The answer to "Are You There" of telnet (RFC 854). */
  present: '* yes, the chat is here',
  waiting: '* the other nodes cannot be reached: lines wait, and are delivered later',
  connected: '* the other nodes are reached again, and what waited is delivered',
  notTaken: '* your line was refused: too many lines wait for the other nodes',
  goodbye: '* goodbye',
  goingDown: '* the server is shutting down',
  dropped: {
    idle: '* disconnected: idle for too long',
    'unfinished-line': '* disconnected: the first line took too long',
    flood: '* disconnected: over the rate limit for too long',
    // A message would need a reader.
    'slow-reader': undefined,
    memory: undefined,
  },
  rejected: {
    denied: '* connections from your address are not allowed',
    'not-allowed': '* connections from your address are not allowed',
    'too-many-from-address': '* too many connections from your address; try again later',
    'too-many': '* the server is full; try again later',
    stopping: '* the server is shutting down',
  },
} as const

/** Reads only what is shown: each new member gets the list, and there may be thousands. */
function list(names: Names, show: (name: string) => string = String): string {
  const first = names
    .values()
    .take(NAMES_SHOWN + 1)
    .map(show)
    .toArray()
  const rest = names.size - NAMES_SHOWN
  if (rest <= 1) return first.join(', ')
  return `${first.slice(0, NAMES_SHOWN).join(', ')} and ${rest} others`
}
