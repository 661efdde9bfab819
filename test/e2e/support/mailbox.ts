import { expect } from '@playwright/test'
import type { Program } from './program.ts'

/** What the first group of the pattern finds in the newest of the texts that has it, as soon as one has. */
const awaited = async (texts: () => Promise<string[]>, pattern: RegExp): Promise<string> => {
  let found: string | undefined
  await expect
    .poll(async () => {
      found = (await texts()).map(text => pattern.exec(text)?.[1]).find(Boolean)
      return found
    })
    .toBeTruthy()
  return found ?? ''
}

type Shown = { text: string; to: string }

const listed = async (program: Program, path: string): Promise<Shown[]> =>
  (await (await fetch(`${program.mailboxOrigin}${path}`)).json()) as Shown[]

/** From the last mail to an address that matches: a link, a code. */
export const fromMailTo = (program: Program, address: string, pattern: RegExp): Promise<string> =>
  awaited(async () => {
    const mails = await listed(program, `/messages.json?to=${encodeURIComponent(address)}`)
    return mails.map(({ text }) => text)
  }, pattern)

/** The six digits of the last message to a telephone. */
export const codeAtTelephone = (program: Program, number: string): Promise<string> =>
  awaited(async () => {
    const messages = await listed(program, '/sms.json')
    return messages.filter(({ to }) => to === number).map(({ text }) => text)
  }, /(\d{6})/)
