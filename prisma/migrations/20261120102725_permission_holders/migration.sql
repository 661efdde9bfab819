-- CreateIndex
CREATE INDEX "user_permission_company_id_service_code_permission_code_use_idx" ON "user_permission"("company_id", "service_code", "permission_code", "user_id");
