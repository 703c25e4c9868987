/** Watch this descriptor until it is ready, once. `id` comes back: the number may be another's by then. */
export interface WatchMessage {
  descriptor: number
  id: number
}

export const WATCH_BYTES = 8

export function encodeWatch({ descriptor, id }: WatchMessage): Uint8Array {
  return new Uint8Array(Int32Array.of(descriptor, id).buffer)
}

export function decodeWatch(bytes: Uint8Array): WatchMessage {
  const view = new Int32Array(bytes.slice(0, WATCH_BYTES).buffer)
  return { descriptor: view[0] ?? -1, id: view[1] ?? -1 }
}
