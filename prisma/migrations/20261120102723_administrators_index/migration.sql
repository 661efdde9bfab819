-- Who administers a company, and whether it has a contractor, is asked at each page about its users (D-11, D-14): a
-- handful of ten thousand rows.
CREATE INDEX user_administrators_idx ON "user" (company_id) INCLUDE (role, service_state) WHERE role <> 'user';
