import { setTimeout as delay } from 'node:timers/promises'

/** Where the service listens. */
export interface Attacked {
  address: string
  port: number
}

/** Goes on until it is told to stop. @returns what it counted */
export type Attack = (target: Attacked, signal: AbortSignal) => Promise<Record<string, number>>

const TICK_MILLIS = 20

/** Does something so many times a second until it is told to stop. @returns how many times */
export async function repeat(
  signal: AbortSignal,
  perSecond: number,
  act: (number: number) => void,
): Promise<{ sent: number }> {
  const began = performance.now()
  let sent = 0
  while (!signal.aborted) {
    const due = ((performance.now() - began) * perSecond) / 1_000
    for (; sent < due && !signal.aborted; sent += 1) act(sent)
    await delay(TICK_MILLIS)
  }
  return { sent }
}
