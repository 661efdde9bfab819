-- AlterEnum
ALTER TYPE "case_kind" ADD VALUE 'portal_service';

-- AlterTable
ALTER TABLE "company" ADD COLUMN     "contract_ended_at" TIMESTAMPTZ(3),
ADD COLUMN     "last_day" DATE;

-- AlterTable
ALTER TABLE "portal_service" ADD COLUMN     "suspended_at" TIMESTAMPTZ(3),
ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 0;

-- What the bank does with a service is its own (H-06). 'portal_service' is compared as text: it is new in this transaction.
ALTER TABLE helpdesk_case
  DROP CONSTRAINT helpdesk_case_whose,
  ADD CONSTRAINT helpdesk_case_whose CHECK (
    CASE
      WHEN kind::text = 'company_registration'
        THEN user_id IS NULL AND officer_id IS NULL AND (company_id IS NULL OR state::text = 'done')
      WHEN kind::text IN ('standard_fees', 'staff_registration', 'portal_service')
        THEN company_id IS NULL AND user_id IS NULL AND officer_id IS NULL
      WHEN kind::text LIKE 'staff\_%' THEN company_id IS NULL AND user_id IS NULL AND officer_id IS NOT NULL
      WHEN kind::text IN ('policy_change', 'company_contract')
        THEN company_id IS NOT NULL AND user_id IS NULL AND officer_id IS NULL
      ELSE company_id IS NOT NULL AND user_id IS NOT NULL AND officer_id IS NULL
    END);

-- One case at a time waits for a service, by a name in its proposal that no other kind has.
CREATE UNIQUE INDEX helpdesk_case_pending_portal_service ON helpdesk_case ((proposal ->> 'portalServiceCode'))
  WHERE state = 'prepared' AND proposal ? 'portalServiceCode';

-- Contracts whose last day is to be looked for each minute.
CREATE INDEX company_last_day ON company (last_day) WHERE last_day IS NOT NULL AND contract_ended_at IS NULL;

-- Nobody comes into a company whose contract has ended (H-06): whoever is being registered or resumed at that moment waits for
-- the end to commit, and is refused by it.
CREATE FUNCTION user_of_ended_contract() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
  ended timestamptz;
BEGIN
  SELECT contract_ended_at INTO ended FROM company WHERE id = NEW.company_id FOR KEY SHARE;
  IF ended IS NOT NULL THEN
    RAISE EXCEPTION 'the contract of the company has ended' USING ERRCODE = 'check_violation', CONSTRAINT = 'user_of_ended_contract';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER user_of_ended_contract_insert BEFORE INSERT ON "user"
  FOR EACH ROW EXECUTE FUNCTION user_of_ended_contract();
CREATE TRIGGER user_of_ended_contract_update BEFORE UPDATE OF service_state ON "user"
  FOR EACH ROW WHEN (NEW.service_state IN ('available', 'blocked') AND NEW.service_state <> OLD.service_state)
  EXECUTE FUNCTION user_of_ended_contract();
