-- CreateEnum
CREATE TYPE "change_request_state" AS ENUM ('pending', 'approved', 'declined', 'withdrawn', 'lapsed');

-- CreateTable
CREATE TABLE "user_change_request" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "user_version" INTEGER NOT NULL,
    "change" JSONB NOT NULL,
    "state" "change_request_state" NOT NULL DEFAULT 'pending',
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "decided_at" TIMESTAMPTZ(3),
    "decided_by_id" UUID,

    CONSTRAINT "user_change_request_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "user_change_request_company_id_requested_at_idx" ON "user_change_request"("company_id", "requested_at");

-- AddForeignKey
ALTER TABLE "user_change_request" ADD CONSTRAINT "user_change_request_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_change_request" ADD CONSTRAINT "user_change_request_company_id_decided_by_id_fkey" FOREIGN KEY ("company_id", "decided_by_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- One at a time waits for each user, and nobody decides about their own rights (D-11).
CREATE UNIQUE INDEX user_change_request_waiting ON user_change_request (company_id, user_id) WHERE state = 'pending';
ALTER TABLE user_change_request
  ADD CONSTRAINT user_change_request_other_decides CHECK (decided_by_id <> user_id),
  ADD CONSTRAINT user_change_request_decided CHECK (
    (state IN ('approved', 'declined')) = (decided_by_id IS NOT NULL) AND (state = 'pending') = (decided_at IS NULL)),
  ADD CONSTRAINT user_change_request_change_object CHECK (jsonb_typeof(change) = 'object');
