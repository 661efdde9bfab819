-- AlterEnum
ALTER TYPE "case_kind" ADD VALUE 'standard_fees';

-- AlterTable
ALTER TABLE "helpdesk_case" ALTER COLUMN "company_id" DROP NOT NULL;

-- The new kind is compared as text: a value of an enum can't be used in the transaction that adds it.
ALTER TABLE helpdesk_case
  DROP CONSTRAINT helpdesk_case_whose,
  DROP CONSTRAINT helpdesk_case_proposal,
  ADD CONSTRAINT helpdesk_case_whose CHECK (
    CASE kind::text
      WHEN 'standard_fees' THEN company_id IS NULL AND user_id IS NULL
      WHEN 'policy_change' THEN company_id IS NOT NULL AND user_id IS NULL
      ELSE company_id IS NOT NULL AND user_id IS NOT NULL
    END),
  ADD CONSTRAINT helpdesk_case_proposal CHECK (
    kind::text NOT IN ('policy_change', 'standard_fees') OR proposal IS NOT NULL);

-- One proposal at a time waits for the standard fees of a function.
CREATE UNIQUE INDEX helpdesk_case_pending_fees ON helpdesk_case ((proposal ->> 'service'))
  WHERE state = 'prepared' AND company_id IS NULL;
