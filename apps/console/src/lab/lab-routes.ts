import type { ServerResponse } from 'node:http'

import { respondText } from '@sockyard/service/http'

import { respondJson } from '../http/respond-json.ts'
import type { Route } from '../http/responder.ts'
import { LabError, type LabFault } from './lab-program.ts'
import type { Lab } from './lab.ts'

const STATUS: Readonly<Record<LabFault, number>> = {
  off: 403,
  unknown: 404,
  busy: 409,
  failed: 502,
  missing: 503,
  timeout: 504,
}

/** GET /api/lab tells what can be run, POST /api/lab runs it. */
export function labRoutes(lab: Lab): { get: Route; post: Route } {
  return {
    get: (_url, _request, response) => answer(response, lab.overview()),
    post: (url, _request, response) =>
      answer(response, lab.run(url.searchParams.get('experiment') ?? '')),
  }
}

async function answer(response: ServerResponse, result: Promise<unknown>): Promise<void> {
  // The lab has a time limit of its own, and nothing is sent until it ends.
  response.socket?.setTimeout(0)
  try {
    respondJson(response, await result)
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    respondText(response, STATUS[error.fault], error.message)
  }
}
