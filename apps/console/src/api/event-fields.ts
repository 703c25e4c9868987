import { parseShallowJson } from '../services/shallow-json.ts'
import type { StoredEvent } from '../store/event-table.ts'

/**
 * An event as the API gives it: the fields of the log line, which came from a service, behind those that are ours.
 */
export function eventFields({ id, service, json }: StoredEvent): Record<string, unknown> {
  const line = fieldsOf(json)
  const { event, msg, at } = line
  const name = [event, msg].find((each) => typeof each === 'string') ?? 'unknown'
  return { ...line, id, service, event: name, at: typeof at === 'string' ? at : null }
}

function fieldsOf(json: string): Record<string, unknown> {
  try {
    const value: unknown = parseShallowJson(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
  } catch {
    return {}
  }
}
