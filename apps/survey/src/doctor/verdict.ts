/** What a check came to. */
export interface Verdict {
  verdict: 'ok' | 'warn' | 'fail'
  /** The same for the same fault, for scripts. */
  code: string
  /** What is seen, in one sentence. */
  summary: string
  /** Why, as far as it can be known from here. */
  cause: string
  /** One thing to do; empty when nothing is to be done. */
  remedy: string
  /** What the verdict rests on. */
  evidence: string[]
  /** The way of a packet, to the link that breaks. */
  chain: Link[]
}

/** One link of the way: `unknown` is what cannot be seen from here, `unreached` what no packet came to. */
export interface Link {
  name: string
  state: 'ok' | 'broken' | 'unreached' | 'unknown'
}

/**
 * The links of a way, of which one may break: those before it are in order, those behind it are not reached.
 *
 * @param seenFrom the first link that can be observed from here; those before are unknown when it breaks there
 */
export function chainOf(names: readonly string[], broken?: string, seenFrom = names[0]): Link[] {
  const breakAt = broken === undefined ? names.length : names.indexOf(broken)
  const seenAt = names.indexOf(seenFrom ?? '')
  return names.map((name, index) => {
    if (index > breakAt) return { name, state: 'unreached' }
    if (index === breakAt) return { name, state: 'broken' }
    return { name, state: breakAt <= seenAt ? 'unknown' : 'ok' }
  })
}
