-- CreateTable
CREATE TABLE "code_failures" (
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "suspended_at" TIMESTAMPTZ(3),

    CONSTRAINT "code_failures_pkey" PRIMARY KEY ("company_id","user_id","purpose")
);

-- AddForeignKey
ALTER TABLE "code_failures" ADD CONSTRAINT "code_failures_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- A suspension stands at the end of a count.
ALTER TABLE code_failures ADD CONSTRAINT code_failures_count CHECK (failures >= 0);
