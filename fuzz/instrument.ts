import { parseSync } from 'oxc-parser'

/** How instrumented code calls the counters: one byte for each branch. */
export const COUNTERS = '__branches'

export interface Instrumented {
  /** The code, counting; its lines are where they were. */
  code: string
  /** How many counters it has. */
  branches: number
  /** Its strings and its whole numbers: what a parser compares with stands there. */
  literals: Set<string | number>
}

interface Node {
  type: string
  start: number
  end: number
  [key: string]: unknown
}

/** Bodies that run or do not: each gets a counter. */
const LOOPS: ReadonlySet<string> = new Set([
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
])
const LONGEST_LITERAL = 32

/**
 * Makes JavaScript count which of its branches run: each function, each side of a condition, each loop, each case.
 *
 * @param source JavaScript, types already stripped
 * @param firstCounter the number of its first counter; the following ones follow
 * @throws {SyntaxError} for what is no module
 */
export function instrument(source: string, path: string, firstCounter: number): Instrumented {
  const { program, errors } = parseSync(path, source)
  const [error] = errors
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`)
  const walk = new Walk(firstCounter)
  walk.visit(program as unknown as Node)
  return {
    code: `const ${COUNTERS} = globalThis.${COUNTERS}; ${walk.applyTo(source)}`,
    branches: walk.next - firstCounter,
    literals: walk.literals,
  }
}

/** Collects what is to be inserted where, from the outside to the inside. */
class Walk {
  next: number
  readonly literals = new Set<string | number>()
  readonly #insertions: { at: number; text: string; order: number }[] = []

  constructor(firstCounter: number) {
    this.next = firstCounter
  }

  applyTo(source: string): string {
    const sorted = this.#insertions.toSorted((a, b) => a.at - b.at || a.order - b.order)
    let from = 0
    const parts: string[] = []
    for (const { at, text } of sorted) {
      parts.push(source.slice(from, at), text)
      from = at
    }
    return parts.join('') + source.slice(from)
  }

  visit(node: Node): void {
    switch (node.type) {
      case 'IfStatement':
        return this.#if(node)
      case 'ConditionalExpression':
        this.visit(child(node, 'test'))
        this.#expression(child(node, 'consequent'))
        return this.#expression(child(node, 'alternate'))
      case 'LogicalExpression':
        this.visit(child(node, 'left'))
        return this.#expression(child(node, 'right'))
      case 'SwitchCase':
        return this.#case(node)
      case 'Literal':
        return this.#literal(node['value'])
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
        return undefined
      default:
        return this.#children(node)
    }
  }

  #children(node: Node): void {
    for (const [key, value] of Object.entries(node)) {
      for (const each of Array.isArray(value) ? value : [value]) {
        if (!isNode(each)) continue
        if (key === 'body' && isBody(node)) this.#body(each)
        else this.visit(each)
      }
    }
  }

  /** The body of a function, a loop or a catch. */
  #body(body: Node): void {
    if (body.type.endsWith('Statement')) this.#statement(body)
    else this.#expression(body)
  }

  #if(node: Node): void {
    this.visit(child(node, 'test'))
    const consequent = child(node, 'consequent')
    this.#statement(consequent)
    const { alternate } = node
    if (isNode(alternate)) this.#statement(alternate)
    else this.#insert(consequent.end, ` else {${this.#count()}}`)
  }

  #case(node: Node): void {
    const { test, consequent } = node
    if (isNode(test)) this.visit(test)
    const statements = (Array.isArray(consequent) ? consequent : []).filter(isNode)
    this.#insert(statements[0]?.start ?? node.end, `${this.#count()}; `)
    for (const each of statements) this.visit(each)
  }

  #statement(node: Node): void {
    if (node.type === 'BlockStatement') {
      this.#insert(node.start + 1, `${this.#count()};`)
      return this.#children(node)
    }
    this.#insert(node.start, `{${this.#count()}; `)
    this.visit(node)
    this.#insert(node.end, '}')
  }

  #expression(node: Node): void {
    this.#insert(node.start, `(${this.#count()}, `)
    this.visit(node)
    this.#insert(node.end, ')')
  }

  #literal(value: unknown): void {
    if (typeof value === 'string' && value !== '' && value.length <= LONGEST_LITERAL)
      this.literals.add(value)
    if (typeof value === 'number' && Number.isInteger(value)) this.literals.add(value)
  }

  #insert(at: number, text: string): void {
    this.#insertions.push({ at, text, order: this.#insertions.length })
  }

  #count(): string {
    const counter = `${COUNTERS}[${this.next}]++`
    this.next += 1
    return counter
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

function isBody({ type }: Node): boolean {
  return LOOPS.has(type) || /^(?:Function|ArrowFunction)\w+$|^CatchClause$/.test(type)
}

function child(node: Node, key: string): Node {
  const value = node[key]
  if (!isNode(value)) throw new TypeError(`${node.type} without ${key}`)
  return value
}
