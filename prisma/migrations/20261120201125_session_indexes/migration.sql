-- CreateIndex
CREATE INDEX "session_absolute_end_idx" ON "session"("absolute_end");
-- A change of policy and the end of a contract look for a company's sessions that live, among those of ninety days.
CREATE INDEX session_live_of_company ON session (company_id) WHERE ended_at IS NULL;
