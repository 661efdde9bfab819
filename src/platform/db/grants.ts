import type pg from 'pg'

/** Tables whose rows, once written, the serving role can never change (F-03, security.md). */
const appendOnly = [
  'history',
  'company_policy',
  'terms',
  'terms_acceptance',
  'helpdesk_hours',
  'standard_fee',
  'standard_fee_amount',
  'survey_answer',
  'survey_answer_item',
]
/** Tables that move only by a trigger which runs with the owner's rights, and what is seen of them. */
const readOnly = ['history_chain', 'company_user_count_part', 'company_user_count', '_prisma_migrations']

/**
 * Gives the serving role what it needs and no more, on the connection of the owner: rows of every table, but to
 * history only additions, and ownership of nothing. Nothing is to be done where one role does both.
 */
export const grantToServingRole = async (client: pg.Client, role: string): Promise<void> => {
  const { rows } = await client.query<{ same: boolean }>('select current_user = $1 as same', [role])
  // An address without a name leaves it to the system's user, who then is both as well.
  if (role === '' || rows[0]?.same) return
  const to = client.escapeIdentifier(role)
  const existing = async (names: string[]) => {
    const found = await client.query<{ name: string }>(
      `select relname as name from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and relname = any($1)`,
      [names],
    )
    return found.rows.map(row => client.escapeIdentifier(row.name))
  }
  for (const schema of ['public', 'pgboss']) {
    await client.query(`
      grant usage on schema ${schema} to ${to};
      grant select, insert, update, delete on all tables in schema ${schema} to ${to};
      grant usage, select on all sequences in schema ${schema} to ${to};
      alter default privileges in schema ${schema} grant select, insert, update, delete on tables to ${to};
      alter default privileges in schema ${schema} grant usage, select on sequences to ${to};
    `)
  }
  await client.query(`
    grant execute on all functions in schema pgboss to ${to};
    -- Ours are called by triggers alone. Whoever may execute history_append() could hang it on a temporary table, and
    -- move the heads of the chains with the owner's rights (F-03).
    revoke execute on all functions in schema public from public, ${to};
    revoke create on schema public from public, ${to};
  `)
  for (const table of await existing(appendOnly))
    await client.query(`revoke update, delete, truncate on public.${table} from ${to}`)
  for (const table of await existing(readOnly))
    await client.query(`revoke insert, update, delete, truncate on public.${table} from ${to}`)
}
