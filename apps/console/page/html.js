import htm from 'htm'
import { h } from 'preact'

/** Elements from a template; every value in it becomes text, never markup. */
export const html = htm.bind(h)
