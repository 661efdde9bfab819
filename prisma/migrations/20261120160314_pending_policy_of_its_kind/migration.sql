-- One change of a policy waits at a time for each company. A change of its contract is another case: it waits beside it.
DROP INDEX helpdesk_case_pending_policy;
CREATE UNIQUE INDEX helpdesk_case_pending_policy ON helpdesk_case (company_id)
  WHERE state = 'prepared' AND kind = 'policy_change';
