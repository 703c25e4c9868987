export type { AppDescription, CommandDescription } from './command.ts'
export { help, helpWidth } from './help.ts'
export { checkOperands, optionHint, selectCommand, unknownWord } from './select-command.ts'
