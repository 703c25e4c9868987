/** A list in a line ends there; the rest is counted. */
const NAMES_SHOWN = 50

/** A set of names, or a map to them. */
type Names = Pick<ReadonlySet<string>, 'size' | 'values'>

/** How the question begins that an empty line answers; `join` answers it by itself. */
export const STILL_THERE = '* still there?'

/**
 * All that the server says. Its lines begin with `* `; what people say begins with a name, and what they do
 * (`/me`) with `~ `, so that nobody can speak for the server: no name begins with either.
 */
export const phrases = {
  said: (name: string, text: string) => `${name}: ${text}`,
  did: (name: string, text: string) => `~ ${name} ${text}`,
  welcome: (name: string) => `* welcome, you are ${name}; /help lists the commands`,
  here: (names: Names, own: string) =>
    `* ${names.size} here: ${list(names, (name) => (name === own ? `${name} (you)` : name))}`,
  joined: (names: Names) => `* ${list(names)} joined`,
  left: (names: Names) => `* ${list(names)} left`,
  renamed: (from: string, to: string) => `* ${from} is now ${to}`,
  unchanged: (name: string) => `* you are ${name}`,
  taken: (name: string) => `* ${name} is taken, or too like a name that is`,
  malformedName: (reason: string) => `* a name ${reason}`,
  help: [
    '* what you type is said to all the others; a command begins with a slash:',
    '* /nick NAME  go by another name',
    '* /who        who is here',
    '* /me TEXT    say what you do',
    '* /help       this',
    '* /quit       leave',
    '* //TEXT      say a line that begins with a slash',
  ].join('\n'),
  unknown: (command: string) => `* there is no /${command}; /help lists the commands`,
  truncated: (maximumBytes: number) => `* your line was cut off after ${maximumBytes} bytes`,
  tooFast: (perSecond: number) =>
    `* slow down: your lines wait, ${perSecond} a second may come from your address`,
  probe: (leftMillis: number) =>
    `${STILL_THERE} press Enter within ${Math.ceil(leftMillis / 1_000)} s, or you will be disconnected`,
  goodbye: '* goodbye',
  goingDown: '* the server is going down',
  dropped: {
    idle: '* you were silent for too long; goodbye',
    'unfinished-line': '* your first line took too long; goodbye',
    flood: '* you said too much for too long; goodbye',
    // To say it would need a reader.
    'slow-reader': undefined,
  },
  refused: {
    denied: '* you may not come in from your address',
    'not-allowed': '* you may not come in from your address',
    'too-many-from-address': '* too many connections from your address; try again later',
    'too-many': '* the server is full; try again later',
    stopping: '* the server is going down',
  },
} as const

/** Reads only what is shown: thousands may be here, and each who comes in is told who. */
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
