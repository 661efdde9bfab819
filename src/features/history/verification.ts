import type { Deps } from '../../deps.ts'
import { bankChain } from '../../platform/audit/chain.ts'
import {
  type Break,
  type BreakKind,
  type ChainEnd,
  verifyChains,
  type WholeChain,
} from '../../platform/audit/verify.ts'

/** Lines for the terminal, how far the work has come, and the ends of the chains: those that are known, and those found. */
export type VerificationReport = {
  onLine?: (line: string) => void
  onProgress?: (entries: number, total: number) => void
  onWhole?: (chain: WholeChain) => void
  known?: ReadonlyMap<string, ChainEnd>
}

const explanations: Record<BreakKind, (seq: bigint) => string> = {
  missing: seq => `entry ${seq} is missing`,
  link: seq => `entry ${seq} does not follow from the one before it`,
  hash: seq => `entry ${seq} was changed after it was written`,
  head: seq => `its head does not match entry ${seq}, the last one`,
  'no-head': seq => `it has entries up to ${seq}, but no head`,
  rewritten: seq => `entry ${seq} is not the one that the last check saw`,
  cut: seq => `it ends with entry ${seq}, and the last check saw more`,
}

/**
 * `sekisho audit:verify` (F-03): recomputes every chain and says for each, by its company's contract number, whether it
 * is whole, with its head, or where it breaks first. The last line is the total. Gives the exit code: 0 when everything
 * is whole, 1 otherwise. `known` are the ends that an earlier check gave to `onWhole`, kept where the database's owner
 * can't write: one who recomputed a whole chain is found out by them.
 */
export const verifyHistory = async (
  deps: Pick<Deps, 'db'>,
  { onLine = () => {}, onProgress, onWhole, known }: VerificationReport = {},
): Promise<0 | 1> => {
  const { chains, entries, breaks } = await verifyChains(deps.db, {
    ...(onProgress && { onProgress }),
    ...(known && { known }),
    onChain: async result => {
      if (!('kind' in result)) onWhole?.(result)
      onLine(lineOf(await chainName(deps, result.chain), result))
    },
  })
  onLine(
    breaks.length === 0
      ? `All ${chains} chains are whole: ${entries} entries verified.`
      : `${breaks.length} of ${chains} chains are broken; ${entries} entries were read.`,
  )
  return breaks.length === 0 ? 0 : 1
}

const lineOf = (name: string, result: WholeChain | Break): string =>
  'kind' in result
    ? `BROKEN  ${name}: ${explanations[result.kind](result.seq)}`
    : `whole   ${name}: ${result.seq} entries, head ${result.hash}`

const chainName = async (deps: Pick<Deps, 'db'>, chain: string): Promise<string> => {
  if (chain === bankChain) return 'the bank'
  const company = await deps.db.company.findUnique({ where: { id: chain }, select: { contractNumber: true } })
  return company ? `contract ${company.contractNumber}` : `unknown company ${chain}`
}
