export { completion, SHELLS } from './completion.ts'
export { manPage } from './man-page.ts'
export { markdownTable, optionTable, SERVER_GROUPS } from './option-table.ts'
