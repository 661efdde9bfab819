-- AlterEnum
ALTER TYPE "case_kind" ADD VALUE 'policy_change';

-- AlterTable
ALTER TABLE "helpdesk_case" ADD COLUMN     "proposal" JSONB,
ALTER COLUMN "user_id" DROP NOT NULL;

-- The new kind is compared as text: a value of an enum can't be used in the transaction that adds it.
ALTER TABLE helpdesk_case
  ADD CONSTRAINT helpdesk_case_whose CHECK (kind::text = 'policy_change' OR user_id IS NOT NULL),
  ADD CONSTRAINT helpdesk_case_proposal CHECK (kind::text <> 'policy_change' OR proposal IS NOT NULL),
  -- Whoever prepared it is never the one who approves it (H-04).
  ADD CONSTRAINT helpdesk_case_two_officers CHECK (approved_by_id IS DISTINCT FROM prepared_by_id OR approved_by_id IS NULL);

-- One proposal a company at a time waits for its approval (A-03).
CREATE UNIQUE INDEX helpdesk_case_pending_policy ON helpdesk_case (company_id)
  WHERE state = 'prepared' AND user_id IS NULL;

-- What companies chose before the presets had more than a yes or no for it.
UPDATE company_policy
   SET overrides = (overrides - 'confirmationPassword')
       || CASE WHEN overrides -> 'confirmationPassword' = 'true' THEN '{"confirmation": "password"}'::jsonb ELSE '{}' END
 WHERE overrides ? 'confirmationPassword';
