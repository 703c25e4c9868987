import type { AppDescription, CommandDescription } from '../command/command.ts'
import { describeOptions, type OptionDescription } from '../options/option-description.ts'

/** The shells that `sockyard completion` writes for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

/**
 * A script that completes `sockyard` in a shell: apps, commands, options and the words of choices.
 *
 * @param own the app whose commands follow `sockyard` directly
 * @param apps those whose names do
 */
export function completion(
  shell: (typeof SHELLS)[number],
  own: AppDescription,
  apps: readonly AppDescription[],
): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](own, apps)
}

const COMMON_OPTIONS = ['--help', '--help-all', '--version', '--check']

/** An option as the user can write it. */
function spellings({ short, flag, isNegatable, preset }: OptionDescription): string[] {
  const negative = isNegatable && preset !== undefined ? [`--no-${flag}`] : []
  return [`--${flag}`, ...(short === undefined ? [] : [`-${short}`]), ...negative]
}

function isFile({ valueName }: OptionDescription): boolean {
  return valueName === 'FILE' || valueName === 'PATH'
}

/** The words that stand first: names of apps and of our own commands, with their summaries. */
function firstWords(own: AppDescription, apps: readonly AppDescription[]): [string, string][] {
  return [...apps, ...own.commands].map(({ name, summary }) => [name, summary])
}

/** `case` of a shell, for bash and zsh: `body` gives what is set for a command. */
function cases(
  own: AppDescription,
  apps: readonly AppDescription[],
  body: (command: CommandDescription) => string,
): string {
  const ofOwn = own.commands.map((command) => `    ${command.name}) ${body(command)} ;;`)
  const ofApps = apps.map(({ name, commands: [first, ...others] }) => {
    const named = others.map((command) => `      ${command.name}) ${body(command)} ;;`)
    const lines = [
      `    ${name}) case $command in`,
      ...named,
      `      *) ${body(first)} ;;`,
      '    esac ;;',
    ]
    return lines.join('\n')
  })
  return [...ofOwn, ...ofApps].join('\n')
}

/** The values of the option before the cursor. */
function valueCases(command: CommandDescription): string {
  const rows = describeOptions(command.options)
    .filter(({ kind }) => kind !== 'flag')
    .map((option) => {
      const names = spellings(option).join('|')
      if (isFile(option)) return `${names}) kind=file`
      return `${names}) kind=value values='${option.choices.join(' ')}'`
    })
  return rows.length === 0 ? '' : `case $previous in ${rows.join(' ;; ')} ;; esac`
}

function commandNames({ name, commands }: AppDescription): string {
  return `    ${name}) commands='${commands.map((command) => command.name).join(' ')}' ;;`
}

function bashOptions(command: CommandDescription): string {
  const words = describeOptions(command.options).flatMap(spellings)
  return `options='${[...words, ...COMMON_OPTIONS].join(' ')}'; ${valueCases(command)}`
}

function bashScript(own: AppDescription, apps: readonly AppDescription[]): string {
  const first = firstWords(own, apps).map(([name]) => name)
  return `# bash completion of sockyard: sockyard completion bash > ~/.local/share/bash-completion/completions/sockyard
_sockyard() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local app=\${COMP_WORDS[1]} command=\${COMP_WORDS[2]} commands options kind values
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${first.join(' ')}' -- "$current"))
    return
  fi
  case $app in
${apps.map(commandNames).join('\n')}
  esac
  case $app in
${cases(own, apps, bashOptions)}
  esac
  if [[ $kind == value ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
  elif [[ $kind == file ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif ((COMP_CWORD == 2)); then
    COMPREPLY=($(compgen -W "$commands" -- "$current"))
  fi
}
complete -F _sockyard sockyard ./sockyard
`
}

/** In single quotes, and with colons escaped, as _describe wants it. */
function zshWord(name: string, description: string): string {
  return quote(`${name.replaceAll(':', '\\:')}:${description}`)
}

function quote(words: string): string {
  return `'${words.replaceAll("'", String.raw`'\''`)}'`
}

function zshOptions(command: CommandDescription): string {
  const words = describeOptions(command.options).flatMap((option) =>
    spellings(option).map((name) => zshWord(name, option.description)),
  )
  return `options=(${[...words, ...COMMON_OPTIONS].join(' ')}); ${valueCases(command)}`
}

function zshCommands({ name: app, commands }: AppDescription): string {
  const words = commands.map(({ name, summary }) => zshWord(name, summary))
  return `    ${app}) commands=(${words.join(' ')}) ;;`
}

function zshScript(own: AppDescription, apps: readonly AppDescription[]): string {
  const first = firstWords(own, apps).map(([name, summary]) => zshWord(name, summary))
  return `#compdef sockyard
# zsh completion of sockyard: sockyard completion zsh > a folder of $fpath/_sockyard
_sockyard() {
  local app=$words[2] command=$words[3] previous=$words[CURRENT-1] kind values
  local -a commands options
  if ((CURRENT == 2)); then
    commands=(${first.join(' ')})
    _describe command commands
    return
  fi
  case $app in
${apps.map(zshCommands).join('\n')}
  esac
  case $app in
${cases(own, apps, zshOptions)}
  esac
  if [[ $kind == value ]]; then
    compadd -- \${=values}
  elif [[ $kind == file ]]; then
    _files
  elif [[ $PREFIX == -* ]]; then
    _describe -o option options
  elif ((CURRENT == 3)); then
    _describe command commands
  fi
}
if [[ $funcstack[1] == _sockyard ]]; then _sockyard "$@"; else compdef _sockyard sockyard; fi
`
}

function fishScript(own: AppDescription, apps: readonly AppDescription[]): string {
  const first = firstWords(own, apps).map(
    ([name, summary]) =>
      `complete -c sockyard -n '__sockyard_words 1' -a ${name} -d ${fishQuote(summary)}`,
  )
  const ofOwn = own.commands.flatMap((command) =>
    fishOptions(`__sockyard_at ${command.name}`, command),
  )
  const ofApps = apps.flatMap(({ name, commands: [unnamed, ...others] }) => [
    ...others.map(
      (command) =>
        `complete -c sockyard -n '__sockyard_at ${name}; and __sockyard_words 2' -a ${command.name} -d ${fishQuote(command.summary)}`,
    ),
    ...others.flatMap((command) => fishOptions(`__sockyard_at ${name} ${command.name}`, command)),
    ...fishOptions(
      [
        `__sockyard_at ${name}`,
        ...others.map((command) => `not __sockyard_at ${name} ${command.name}`),
      ].join('; and '),
      unnamed,
    ),
  ])
  return `# fish completion of sockyard: sockyard completion fish > ~/.config/fish/completions/sockyard.fish
function __sockyard_words
    test (count (commandline -opc)) -eq $argv[1]
end
function __sockyard_at
    set -l words (commandline -opc) ''
    test "$words[2]" = "$argv[1]"; and test -z "$argv[2]" -o "$words[3]" = "$argv[2]"
end
complete -c sockyard -f
${[...first, ...ofOwn, ...ofApps].join('\n')}
`
}

function fishOptions(condition: string, command: CommandDescription): string[] {
  const options = describeOptions(command.options).map((option) => {
    const { flag, short, kind, choices, description } = option
    const letter = short === undefined ? '' : ` -s ${short}`
    const values = choices.length === 0 ? '' : ` -a '${choices.join(' ')}'`
    const argument = kind === 'flag' ? '' : `${isFile(option) ? ' -r -F' : ' -x'}${values}`
    return ` -l ${flag}${letter}${argument} -d ${fishQuote(description)}`
  })
  const common = COMMON_OPTIONS.map((option) => ` -l ${option.slice(2)}`)
  return [...options, ...common].map((words) => `complete -c sockyard -n '${condition}'${words}`)
}

/** In fish a backslash escapes within single quotes. */
function fishQuote(words: string): string {
  return `'${words.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}
