import type { IncomingMessage, ServerResponse } from 'node:http'

import { respondText } from '@sockyard/service/http'

import { lastEventId } from '../http/last-event-id.ts'
import { respondJson } from '../http/respond-json.ts'
import type { Route } from '../http/responder.ts'
import type { ChatMember } from './chat-member.ts'
import { ChatError, type ChatFault, type ChatMembers } from './chat-members.ts'
import { LineStream } from './line-stream.ts'

/** More than a line of chat's --max-line. */
const MAXIMUM_BODY_BYTES = 4096
const STATUS: Readonly<Record<ChatFault, number>> = {
  off: 403,
  name: 400,
  unreachable: 502,
  full: 503,
}

/** By path: what a browser does that takes part in the chat. */
export interface ChatRoutes {
  get: Record<string, Route>
  post: Record<string, Route>
}

/**
 * `/api/chat`: GET tells about it, POST takes part, with `name`. Then, with `member`: GET `/api/chat/stream` has the
 * lines, POST `/api/chat/lines` says one, POST `/api/chat/leave` leaves.
 */
export function chatRoutes(members: ChatMembers): ChatRoutes {
  const ofMember =
    (route: (member: ChatMember, ...rest: Parameters<Route>) => Promise<void> | void): Route =>
    (url, request, response, connections) => {
      const member = members.find(url.searchParams.get('member') ?? '')
      if (member === undefined) return respondText(response, 404, 'no such member')
      return route(member, url, request, response, connections)
    }
  return {
    get: {
      '/api/chat': (_url, _request, response) => respondJson(response, members.overview),
      '/api/chat/stream': ofMember((member, _url, request, response, connections) => {
        if (request.method === 'HEAD')
          return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end()
        if (!connections.beginStream(request))
          return respondText(response, 503, 'too many event streams')
        const lastId = lastEventId(request.headers['last-event-id']) ?? 0
        member.follow(new LineStream(response), lastId)
      }),
    },
    post: {
      '/api/chat': (url, request, response) =>
        join(members, url.searchParams.get('name') ?? '', request, response),
      '/api/chat/lines': ofMember(async (member, _url, request, response) => {
        const text = await bodyOf(request)
        if (text === undefined) return respondText(response, 413, 'the line is too long')
        if (!member.say(text)) return respondText(response, 429, 'the chat server is slow: wait')
        response.writeHead(204).end()
      }),
      '/api/chat/leave': ofMember((member, _url, _request, response) => {
        member.leave()
        response.writeHead(204).end()
      }),
    },
  }
}

async function join(
  members: ChatMembers,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Connecting has a time limit of its own.
  response.socket?.setTimeout(0)
  try {
    const { id: member } = await members.join(name, request.socket)
    respondJson(response, { member })
  } catch (error) {
    if (!(error instanceof ChatError)) throw error
    respondText(response, STATUS[error.fault], error.message)
  }
}

/** @returns undefined when there is more than a line may have */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length
    // The rest is read and let go: only then is the answer.
    if (length <= MAXIMUM_BODY_BYTES) pieces.push(piece)
  }
  return length > MAXIMUM_BODY_BYTES ? undefined : Buffer.concat(pieces).toString()
}
