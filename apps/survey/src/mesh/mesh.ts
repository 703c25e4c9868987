import { NetworkError } from '@sockyard/net/errors'
import type { SurveyResult } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { readKey } from '../agent/key.ts'
import type { Job } from '../agent/messages.ts'
import type { MeshOptions } from '../config.ts'
import { createRunReport, type OnResult, resultOf } from '../host/run-report.ts'
import type { ServiceName } from '../host/services.ts'
import { idlePeriods } from '../host/survey-host.ts'
import { verdict } from '../run/check.ts'
import { AgentError, askAgent, type AskOptions, greetAgent, type Greeting } from './agent-client.ts'
import { findAgents, type Place } from './agents.ts'
import { writeMeshReport } from './mesh-report.ts'
import { rounds } from './schedule.ts'

/** An agent that was greeted. */
interface Member {
  place: Place
  services: readonly ServiceName[]
}

interface Mesh {
  options: MeshOptions
  ask: AskOptions
  onResult: OnResult
}

/**
 * Has every agent ask every other. An agent that is away is a verdict; an interrupt ends it with the report so far.
 *
 * @returns 0 when nothing failed, 1 otherwise
 * @throws {UsageError} when there are fewer than two agents, or the key cannot be read
 */
export async function runMesh(context: CommandContext<MeshOptions>): Promise<number> {
  const { options, signal, stdin, stdout } = context
  const key = options.keyFile === undefined ? undefined : readKey(options.keyFile)
  const places = await findAgents(options, stdin, signal)
  const ask = { key, waitMillis: options.wait, signal }
  const report = createRunReport(stdout, options.json, describePair)
  const results: SurveyResult[] = []
  const greeted = await Promise.all(places.map(async (place) => greet(place, ask)))
  const named = withNames(greeted)
  const names = named.map(({ place }) => place.name)
  report.start({ profile: options.profile, hosts: names, waitMillis: options.wait })
  const onResult: OnResult = (result) => {
    results.push(result)
    report.sample(result)
  }
  try {
    for (const { place, failure } of named)
      if (failure !== undefined) onResult(agentResult(place, failure))
    await surveyMesh(named, { options, ask, onResult })
  } catch (error) {
    if (!signal.aborted) throw error
  }
  if (!options.json) writeMeshReport(stdout, names, results)
  return report.end(signal.aborted)
}

/** One word for each check of a pair: what is wrong follows once, for all ways that have it. */
function describePair({
  from,
  to,
  check,
  target,
  verdict: found,
  summary,
}: SurveyResult): string[] {
  const way = from === null ? target : `${from} to ${to ?? target}`
  const isWell = found === 'ok' || found === 'skipped'
  return [
    `${found.toUpperCase().padEnd(7)}  ${check.padEnd(25)} ${way}${isWell ? '' : `  ${summary}`}`,
  ]
}

/** An agent that answered, or why it did not. */
interface Greeted {
  place: Place
  greeting?: Greeting
  failure?: unknown
}

async function greet(place: Place, ask: AskOptions): Promise<Greeted> {
  try {
    return { place, greeting: await greetAgent(place, ask) }
  } catch (failure) {
    return { place, failure }
  }
}

/** Each place by the name that its agent gives it, unless another has the same. */
export function withNames(greeted: readonly Greeted[]): Greeted[] {
  const given = greeted.map(({ greeting }) => greeting?.name)
  return greeted.map((each) => {
    const name = each.greeting?.name
    const isUnique = given.filter((other) => other === name).length === 1
    if (name === null || name === undefined) return each
    const shown = isUnique ? name : `${name} (${each.place.name})`
    return { ...each, place: { ...each.place, name: shown } }
  })
}

async function surveyMesh(greeted: readonly Greeted[], mesh: Mesh): Promise<void> {
  const members = greeted.flatMap(({ place, greeting }) =>
    greeting === undefined ? [] : [{ place, services: greeting.services }],
  )
  for (const round of rounds(members.length))
    await Promise.all(
      round.map(async ([one, other]) => exchange(members[one], members[other], mesh)),
    )
}

/** Both directions: at once where the probes are few and small. */
async function exchange(
  one: Member | undefined,
  other: Member | undefined,
  mesh: Mesh,
): Promise<void> {
  if (one === undefined || other === undefined) return
  const ways = [
    [one, other],
    [other, one],
  ] as const
  if (mesh.options.profile === 'quick')
    await Promise.all(ways.map(async ([from, to]) => askOne(from, to, mesh)))
  else for (const [from, to] of ways) await askOne(from, to, mesh)
}

async function askOne(from: Member, to: Member, { options, ask, onResult }: Mesh): Promise<void> {
  if (to.services.length === 0) return
  const job: Job = {
    targets: to.services.map((name) => `${name}://${hostText(to.place.host)}`),
    profile: options.profile,
    waitMillis: options.wait,
    idleMillis: idlePeriods(options),
  }
  const way = { from: from.place.name, to: to.place.name }
  try {
    await askAgent(from.place, job, ask, (sample) => onResult({ ...sample, ...way }))
  } catch (error) {
    onResult({ ...agentResult(from.place, error), ...way })
  }
}

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** @throws what is no failure of the agent, such as the reason of an interrupt */
function agentResult({ host, port, name }: Place, error: unknown): SurveyResult {
  if (error instanceof AgentError)
    return resultOf(
      'agent',
      name,
      {
        ...verdict('fail', error.message),
        remedy: error.remedy,
      },
      {},
    )
  if (!(error instanceof NetworkError)) throw error
  return resultOf(
    'agent',
    name,
    {
      ...verdict('fail', `the agent cannot be reached: ${error.message}`),
      cause: 'no agent runs there, or a filter drops TCP to its port',
      remedy: `sockyard survey doctor tcp ${hostText(host)}:${port} says which link breaks`,
    },
    { errorClass: error.errorClass },
  )
}
