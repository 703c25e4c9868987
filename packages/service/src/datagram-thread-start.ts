export const STOPPING = 0
export const STARTED = 1

/** What a thread is started with. */
export interface DatagramThreadStart {
  descriptor: number
  /** At STOPPING and STARTED, 1 when it is so. */
  state: Int32Array
  data: unknown
}
