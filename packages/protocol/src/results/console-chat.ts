import { z } from 'zod'

import { count } from './fields.ts'

/** GET /api/chat of the console. */
export const consoleChat = z.strictObject({
  state: z.enum(['ready', 'off']).describe('off: by --no-chat'),
  server: z.string().describe('host and port of the chat server'),
  members: count.describe('browsers that take part through this console'),
  maximum: count,
})

/** POST /api/chat of the console: a browser takes part. */
export const consoleChatMember = z.strictObject({
  member: z
    .uuid()
    .describe('identifies the member in other requests; a client that has it can speak for it'),
})

/** The event `line` of GET /api/chat/stream of the console. */
export const consoleChatLine = z.strictObject({
  text: z.string().describe('without control characters'),
  isOwn: z.boolean().describe('said by this member: the server sends it to the others only'),
})

export type ConsoleChat = z.infer<typeof consoleChat>
export type ConsoleChatLine = z.infer<typeof consoleChatLine>
