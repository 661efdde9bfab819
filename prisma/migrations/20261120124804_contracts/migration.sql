-- AlterTable
ALTER TABLE "service_client" ADD COLUMN     "ended_at" TIMESTAMPTZ(3);

-- A registration is the bank's own until it is carried out: from then on it stands with the company that came of it (H-06).
-- 'done' is compared as text, like the kinds.
ALTER TABLE helpdesk_case
  DROP CONSTRAINT helpdesk_case_whose,
  ADD CONSTRAINT helpdesk_case_whose CHECK (
    CASE
      WHEN kind::text = 'company_registration'
        THEN user_id IS NULL AND officer_id IS NULL AND (company_id IS NOT NULL) = (state::text = 'done')
      WHEN kind::text IN ('standard_fees', 'staff_registration')
        THEN company_id IS NULL AND user_id IS NULL AND officer_id IS NULL
      WHEN kind::text LIKE 'staff\_%' THEN company_id IS NULL AND user_id IS NULL AND officer_id IS NOT NULL
      WHEN kind::text IN ('policy_change', 'company_contract')
        THEN company_id IS NOT NULL AND user_id IS NULL AND officer_id IS NULL
      ELSE company_id IS NOT NULL AND user_id IS NOT NULL AND officer_id IS NULL
    END);
