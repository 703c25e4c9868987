/** Where the fields of a struct epoll_event are, in words of 32 bits (epoll_event(3type)). */
export interface EpollEventLayout {
  words: number
  events: number
  /** The first word of the user's data: here the descriptor. */
  data: number
}

/** x64 packs it, so that 32-bit programs share it; everywhere else the data is aligned to 8 bytes. */
const LAYOUTS: Readonly<Record<string, EpollEventLayout>> = {
  x64: { words: 3, events: 0, data: 1 },
  arm64: { words: 4, events: 0, data: 2 },
}

/**
 * @param architecture as `process.arch` names it
 * @throws {RangeError} for one whose layout is not known here
 */
export function epollEventLayout(architecture: string): EpollEventLayout {
  const layout = LAYOUTS[architecture]
  if (layout === undefined) throw new RangeError(`no struct epoll_event for ${architecture}`)
  return layout
}
