-- CreateTable
CREATE TABLE "known_browser" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "known_since" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "known_browser_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "known_browser_token_hash_key" ON "known_browser"("token_hash");

-- CreateIndex
CREATE INDEX "known_browser_user_id_last_used_at_idx" ON "known_browser"("user_id", "last_used_at");

-- CreateIndex
CREATE INDEX "known_browser_expires_at_idx" ON "known_browser"("expires_at");

-- AddForeignKey
ALTER TABLE "known_browser" ADD CONSTRAINT "known_browser_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "known_browser" ADD CONSTRAINT "known_browser_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE known_browser
  ADD CONSTRAINT known_browser_token_hash CHECK (octet_length(token_hash) = 32),
  ADD CONSTRAINT known_browser_ends CHECK (last_used_at < expires_at);
