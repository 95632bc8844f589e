import { en } from './en.mjs'
import { ko } from './ko.mjs'

export const texts = { en, ko }
