/** An entry with every column that its hash covers, as read for lines. */
export type WholeEntry = {
  id: string
  chain: string
  seq: bigint
  at: Date
  actorKind: string
  actorId: string | null
  actorLoginId: string | null
  actorName: string | null
  certificateSerial: string | null
  ip: string | null
  operation: string
  outcome: string
  reason: string | null
  subjectKind: string | null
  subjectId: string | null
  subjectLabel: string | null
  details: string
  previous: string
  hash: string
}

/**
 * An entry as one line of JSON, with everything that its hash is made of: `details` stands in it to the letter, since the
 * hash covers the letters (platform/audit/chain.ts).
 */
export const jsonLine = (entry: WholeEntry): string => {
  const { details, seq, at, ...others } = entry
  const facts = JSON.stringify({ ...others, seq: Number(seq), at: at.toISOString() })
  return `${facts.slice(0, -1)},"details":${details}}\n`
}
