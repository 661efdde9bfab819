-- The company comes to be after its case is decided, in the same transaction: a registration may be done and name no
-- company yet, and none that is not done names one.
ALTER TABLE helpdesk_case
  DROP CONSTRAINT helpdesk_case_whose,
  ADD CONSTRAINT helpdesk_case_whose CHECK (
    CASE
      WHEN kind::text = 'company_registration'
        THEN user_id IS NULL AND officer_id IS NULL AND (company_id IS NULL OR state::text = 'done')
      WHEN kind::text IN ('standard_fees', 'staff_registration')
        THEN company_id IS NULL AND user_id IS NULL AND officer_id IS NULL
      WHEN kind::text LIKE 'staff\_%' THEN company_id IS NULL AND user_id IS NULL AND officer_id IS NOT NULL
      WHEN kind::text IN ('policy_change', 'company_contract')
        THEN company_id IS NOT NULL AND user_id IS NULL AND officer_id IS NULL
      ELSE company_id IS NOT NULL AND user_id IS NOT NULL AND officer_id IS NULL
    END);
