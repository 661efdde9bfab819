-- AlterTable
ALTER TABLE "shown_once" ADD COLUMN     "opens" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "user_id" UUID;

-- CreateIndex
CREATE INDEX "shown_once_company_id_user_id_idx" ON "shown_once"("company_id", "user_id");

-- AddForeignKey
ALTER TABLE "shown_once" ADD CONSTRAINT "shown_once_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "shown_once" ADD CONSTRAINT "shown_once_user_of_company" CHECK ("user_id" IS NULL OR "company_id" IS NOT NULL);

-- Those that wait to be fetched now.
UPDATE "shown_once" s
   SET "user_id" = c."user_id",
       "opens" = CASE
         WHEN c."kind" IN ('password_reset', 'initial_password', 'registration_reset') THEN ARRAY['login']
         WHEN c."kind" = 'confirmation_password_reset' THEN ARRAY['confirmation']
         WHEN c."kind" IN ('acquisition_password', 'new_computer') THEN ARRAY['acquisition']
         ELSE '{}' END
  FROM "helpdesk_case" c
 WHERE c."id" = s."id" AND c."company_id" = s."company_id" AND c."user_id" IS NOT NULL AND s."sealed" IS NOT NULL;
